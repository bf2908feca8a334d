use std::fmt;

use crate::facade::Thing;

pub(crate) struct Uses(Thing);

fn run() {
    super::plain::helper();
}
