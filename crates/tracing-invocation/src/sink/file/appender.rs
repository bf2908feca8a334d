//! Which file a record goes into.

use std::fs::{self, Permissions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::archive;
use super::open::OpenFile;
use super::rotation::Rotation;

/// When the file is another one.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) rotation: Option<Rotation>,
    pub(super) check_interval: Duration,
}

/// The file that records go into, where one is open.
#[derive(Debug)]
pub(super) struct Appender {
    open: Option<OpenFile>,
    /// When the file was last seen at its path.
    checked: Option<Instant>,
    /// Permissions of the file before.
    permissions: Option<Permissions>,
    /// Whether it is said that the path cannot be looked at or opened, and not yet that it can.
    is_lost: bool,
    /// When rotating it failed last, where it did.
    stuck: Option<Instant>,
    /// Whether rotated files were left by another run, or are new.
    is_untidy: bool,
}

/// What became of a record, and of the file.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) written: io::Result<()>,
    /// Why it could not be rotated, or opened anew, the first time.
    pub(super) trouble: Vec<String>,
    /// Whether there are rotated files to look after.
    pub(super) is_untidy: bool,
}

impl Appender {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            open: Some(OpenFile::open(path, None)?),
            checked: Some(Instant::now()),
            permissions: None,
            is_lost: false,
            stuck: None,
            is_untidy: true,
        })
    }

    /// The file that is open, for another to hold.
    pub(super) fn file(&self) -> io::Result<Option<fs::File>> {
        self.open.as_ref().map(OpenFile::another).transpose()
    }

    pub(super) fn append(
        &mut self,
        path: &Path,
        rules: &Rules,
        line: &[u8],
        now: SystemTime,
        reopen: bool,
    ) -> Appended {
        let mut trouble = Vec::new();
        if let Err(error) = self.check(path, rules.check_interval, reopen) {
            trouble.push(format!("not opened anew: {error}"));
        }
        let written = self.opened(path).and_then(OpenFile::look).and_then(|()| {
            if let Err(error) = self.rotate(path, rules, line, now) {
                trouble.push(format!("not rotated: {error}"));
            }
            let open = self.opened(path)?;
            open.look()?;
            open.append(line, now)
        });
        if written.is_err() {
            // What is wrong with it, the next record finds out.
            self.checked = None;
        }
        let is_untidy = std::mem::take(&mut self.is_untidy);
        Appended { written, trouble, is_untidy }
    }

    /// Opens anew a file that is at its path no longer, or that is to be. Fails where it cannot be found out or done, and
    /// records go on into the one that is open: the first time.
    fn check(&mut self, path: &Path, interval: Duration, reopen: bool) -> io::Result<()> {
        let is_recent = self.checked.is_some_and(|checked| checked.elapsed() < interval);
        let Some(open) = self.open.as_mut().filter(|_| reopen || !is_recent) else {
            return Ok(());
        };
        self.checked = Some(Instant::now());
        let found = match reopen {
            true => self.replace(path),
            false => match open.is_at(path) {
                Ok(false) => self.replace(path),
                other => other.map(drop),
            },
        };
        let was_lost = std::mem::replace(&mut self.is_lost, found.is_err());
        if was_lost { Ok(()) } else { found }
    }

    /// Opens the file at its path in place of the one that is open. Fails where it cannot, and this one will do.
    fn replace(&mut self, path: &Path) -> io::Result<()> {
        let Some(mut before) = self.open.take() else {
            return Ok(());
        };
        // Where that fails, the part was lost, and told, before.
        let _ = before.heal();
        self.permissions = before.permissions();
        match OpenFile::open(path, self.permissions.as_ref()) {
            Ok(open) => self.open = Some(open),
            Err(error) if before.has_name() => {
                self.open = Some(before);
                return Err(error);
            }
            // The record finds out the same, and is lost.
            Err(_) => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            // Where that fails, the part was lost, and told, before.
            let _ = open.heal();
            self.permissions = open.permissions();
        }
    }

    fn opened(&mut self, path: &Path) -> io::Result<&mut OpenFile> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                self.checked = Some(Instant::now());
                OpenFile::open(path, self.permissions.as_ref())?
            }
        };
        Ok(self.open.insert(open))
    }

    /// Sets the file aside, where that is due.
    fn rotate(
        &mut self,
        path: &Path,
        rules: &Rules,
        line: &[u8],
        now: SystemTime,
    ) -> io::Result<()> {
        let (Some(rotation), Some(open)) = (&rules.rotation, &mut self.open) else {
            return Ok(());
        };
        let needed = open.needed(line.len());
        if !rotation.is_due(open.len(), needed, open.written(), now) {
            return Ok(());
        }
        let was_stuck = self.stuck;
        if was_stuck.is_some_and(|stuck| stuck.elapsed() < rules.check_interval) {
            return Ok(());
        }
        // Where another process has set it aside, before this or just now, what is at the path is no matter.
        let is_here = open.is_at(path);
        // Somebody may have emptied it meanwhile.
        if is_here.as_ref().is_ok_and(|is_here| *is_here)
            && !rotation.is_due(open.len(), needed, open.written(), now)
        {
            return Ok(());
        }
        // What is read behind it, from the next file, must not be taken for the rest of its last line.
        let set_aside = open.heal().and(is_here).and_then(|is_here| match is_here {
            true => archive::set_aside(path, now),
            false => Ok(()),
        });
        if let Err(error) = set_aside.or_else(archive::unless_missing) {
            self.stuck = Some(Instant::now());
            return if was_stuck.is_none() { Err(error) } else { Ok(()) };
        }
        self.stuck = None;
        self.is_untidy = true;
        self.close();
        Ok(())
    }
}
