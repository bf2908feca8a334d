//! Whether somebody waits, and what for.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::retry::Pauses;

/// For whom nobody says until when: as good as forever.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// Until when somebody waits for records to be sent.
#[derive(Debug, Default)]
pub(crate) struct Haste {
    until: Mutex<Option<Instant>>,
    began: Notify,
    trouble: Mutex<Option<String>>,
}

impl Haste {
    /// Ends the pause that there is, and keeps others short until then.
    pub(crate) fn hurry(&self, until: Option<Instant>) {
        let until = until.unwrap_or_else(|| Instant::now() + LONG);
        let mut latest = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = (*latest).max(Some(until));
        drop(latest);
        self.began.notify_waiters();
    }

    /// Waits before another attempt, for as long as it is nobody's loss and `left` allows.
    pub(crate) async fn pause(&self, pauses: &mut Pauses, left: Duration) {
        let mut began = std::pin::pin!(self.began.notified());
        // From here on nothing is missed.
        began.as_mut().enable();
        let pause = if self.is_on() { pauses.first() } else { pauses.next() };
        // Over, or cut short: both are the end of a pause.
        let _ = timeout(pause.min(left), began).await;
    }

    /// Notes why records are not taken yet; nothing, where they are.
    pub(crate) fn note(&self, trouble: Option<&str>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble.map(str::to_owned);
    }

    /// Why records are not taken yet.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_on(&self) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| until > Instant::now())
    }
}
