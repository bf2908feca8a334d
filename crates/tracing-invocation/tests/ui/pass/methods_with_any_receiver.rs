#![deny(warnings)]

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use tracing_invocation::operation;

#[derive(Clone)]
struct Door {
    id: u32,
}

impl Door {
    #[operation(entity_id = self.id, result(id))]
    fn by_value(self) -> Self {
        self
    }

    #[operation(entity_id = self.id)]
    fn by_mutable_value(mut self) -> Self {
        self.id += 1;
        self
    }

    #[operation(entity_id = self.id)]
    fn by_reference(&self) -> &Self {
        self
    }

    #[operation(entity_id = self.id)]
    fn by_mutable_reference(&mut self) -> Result<&mut u32, String> {
        Ok(&mut self.id)
    }

    #[operation(entity_id = self.id)]
    async fn by_mutable_reference_later(&mut self) -> Result<&mut u32, String> {
        Ok(&mut self.id)
    }

    #[operation(entity_id = self.id)]
    fn by_box(self: Box<Self>) -> u32 {
        self.id
    }

    #[operation(entity_id = self.id)]
    async fn by_rc(self: Rc<Self>) -> u32 {
        self.id
    }

    #[operation(entity_id = self.id)]
    async fn by_reference_to_an_arc(self: &Arc<Self>) -> u32 {
        self.id
    }

    #[operation(entity_id = self.id)]
    fn by_pin(self: Pin<&mut Self>) -> u32 {
        self.get_mut().id
    }

    #[operation]
    fn by_nothing() -> Self {
        Self { id: 1 }
    }
}

fn main() {
    let mut door = Door::by_nothing().by_value().by_mutable_value();
    door.by_reference();
    let _ = door.by_mutable_reference();
    drop(door.by_mutable_reference_later());
    Box::new(door.clone()).by_box();
    drop(Rc::new(door.clone()).by_rc());
    drop(Arc::new(door.clone()).by_reference_to_an_arc());
    Pin::new(&mut door).by_pin();
}
