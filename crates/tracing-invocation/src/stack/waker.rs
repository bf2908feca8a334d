//! A waker that is another one, and tells when it is cloned.
//!
//! Its data is what `Arc::into_raw` gave of a [`Noting`]. Each waker owns one count of that `Arc`: a clone gives it up when
//! it wakes by value or is dropped, the one that is lent to a poll at the poll's end.

#![allow(
    unsafe_code,
    reason = "a waker whose clones are seen has no safe form; the proofs stand below"
)]

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::Noting;

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

/// A waker that counts as no clone.
pub(super) struct Lent(ManuallyDrop<Waker>);

impl Deref for Lent {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// The waker that tells `noting`.
pub(super) fn lend(noting: &Arc<Noting>) -> Lent {
    let data = Arc::into_raw(Arc::clone(noting));
    // SAFETY: the functions of the vtable keep the contract of `RawWaker`: they are called with this pointer, which is
    // valid for as long as the `Arc` has a count. The count of this waker is given up in `Lent::drop`. `Noting` is `Send`
    // and `Sync`, as the assertion below demands, so that clones may go to other threads.
    let waker = unsafe { Waker::new(data.cast(), &VTABLE) };
    Lent(ManuallyDrop::new(waker))
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: the pointer is the one of `lend`, whose count nothing else has given up: the waker in here is never
        // dropped, and nothing gets it by value to wake it.
        drop(unsafe { Arc::from_raw(self.0.data().cast::<Noting>()) });
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Noting>();
};

/// Whether `waker` tells `noting`.
pub(super) fn is_of(waker: &Waker, noting: &Arc<Noting>) -> bool {
    ptr::eq(waker.data(), Arc::as_ptr(noting).cast()) && ptr::eq(waker.vtable(), &VTABLE)
}

unsafe fn clone(data: *const ()) -> RawWaker {
    let noting = data.cast::<Noting>();
    // SAFETY: whoever clones borrows a waker, which owns a count. So the pointer, which came from `Arc::into_raw`, is
    // valid here, and the count is not zero. The new count is that of the clone.
    unsafe {
        Arc::increment_strong_count(noting);
        (*noting).cloned();
    }
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: only a clone is woken by value, and once. This takes the count that it owns.
    let noting = unsafe { Arc::from_raw(data.cast::<Noting>()) };
    noting.wake();
    noting.released();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: whoever wakes borrows a waker, so that the pointer is valid, as in `clone`.
    unsafe { (*data.cast::<Noting>()).wake() };
}

unsafe fn release(data: *const ()) {
    // SAFETY: only a clone is dropped, and once. This takes the count that it owns.
    let noting = unsafe { Arc::from_raw(data.cast::<Noting>()) };
    noting.released();
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::super::polling::inside;
    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls an operation that does `poll`.
    fn polled<T>(
        place: &mut Option<Arc<Noting>>,
        waker: &Waker,
        poll: impl FnOnce(&Waker) -> T,
    ) -> T {
        inside(place, &Context::from_waker(waker), |context| poll(context.waker()))
    }

    #[test]
    fn it_wakes_as_the_original_does() {
        let woken = Arc::<Woken>::default();
        let original = Waker::from(Arc::clone(&woken));
        let mut place = None;
        let clone = polled(&mut place, &original, |waker| {
            waker.wake_by_ref();
            waker.clone()
        });
        clone.wake_by_ref();
        let other = clone.clone();
        clone.wake();
        std::thread::spawn(move || other.wake()).join().unwrap();
        assert_eq!(woken.0.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn nothing_is_kept_once_all_clones_are_gone() {
        let woken = Arc::<Woken>::default();
        let mut place = None;
        {
            let original = Waker::from(Arc::clone(&woken));
            let clones = polled(&mut place, &original, |waker| [waker.clone(), waker.clone()]);
            let [first, second] = clones;
            first.wake();
            drop(second);
        }
        let noting = place.take().unwrap();
        assert_eq!(Arc::strong_count(&noting), 1);
        drop(noting);
        assert_eq!(Arc::strong_count(&woken), 1);
    }

    #[test]
    fn within_a_poll_wakers_are_equal_as_the_originals_are() {
        let original = Waker::from(Arc::<Woken>::default());
        let mut place = None;
        let clone = polled(&mut place, &original, |waker| {
            let clone = waker.clone();
            assert!(clone.will_wake(waker) && waker.will_wake(&clone));
            assert!(!clone.will_wake(&original));
            clone
        });
        polled(&mut place, &original, |waker| assert!(!clone.will_wake(waker)));
        let other = Waker::from(Arc::<Woken>::default());
        polled(&mut place, &other, |waker| assert!(!clone.will_wake(waker)));
    }

    #[test]
    fn what_is_registered_is_in_force_for_as_long_as_it_lives() {
        let original = Waker::from(Arc::<Woken>::default());
        let mut place = None;
        let clone = polled(&mut place, &original, Waker::clone);
        let in_force = |place: &Option<Arc<Noting>>| place.as_ref().unwrap().in_force().len();
        assert_eq!(in_force(&place), 1);
        let stray = clone.clone();
        assert_eq!(in_force(&place), 0, "one of the two clones was made elsewhere");
        drop((clone, stray));
        assert_eq!(in_force(&place), 0);
    }

    #[test]
    fn an_operation_inside_another_notes_for_both() {
        let woken = Arc::<Woken>::default();
        let original = Waker::from(Arc::clone(&woken));
        let (mut outer, mut inner) = (None, None);
        let clone = polled(&mut outer, &original, |waker| polled(&mut inner, waker, Waker::clone));
        let in_force = |place: &Option<Arc<Noting>>| place.as_ref().unwrap().in_force().len();
        assert_eq!((in_force(&outer), in_force(&inner)), (1, 1));
        clone.wake();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!((in_force(&outer), in_force(&inner)), (0, 0));
        drop((outer, inner, original));
        assert_eq!(Arc::strong_count(&woken), 1);
    }

    #[test]
    fn a_panic_ends_a_poll() {
        let original = Waker::from(Arc::<Woken>::default());
        let mut place = None;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            polled(&mut place, &original, |_| std::panic::resume_unwind(Box::new(())))
        }));
        assert!(panicked.is_err());
        let clone = polled(&mut place, &original, Waker::clone);
        assert_eq!(place.as_ref().unwrap().in_force().len(), 1);
        drop(clone);
    }
}
