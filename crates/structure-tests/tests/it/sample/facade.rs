mod inner;

pub(crate) use inner::Thing;
