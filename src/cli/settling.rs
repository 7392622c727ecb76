//! What is written reaches the disk while more is written, so that little is left to wait for when a file is whole.

use std::{
    fs::File,
    io,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{Builder, JoinHandle},
};

/// Bytes that are worth a thread's turn.
const WORTH: usize = 8 << 20;

/// How far the disk is behind.
#[derive(Default)]
pub(super) struct Settling {
    /// Bytes written since the thread was told.
    waiting: usize,
    thread: Option<Thread>,
}

struct Thread {
    tell: SyncSender<()>,
    handle: JoinHandle<io::Result<()>>,
}

impl Settling {
    /// So many bytes more of a file were written.
    pub(super) fn wrote(&mut self, bytes: usize, file: &File) {
        self.waiting += bytes;
        if self.waiting >= WORTH {
            self.settle(file);
        }
    }

    /// Brings all that was written of a file to the disk, while other work is done.
    pub(super) fn settle(&mut self, file: &File) {
        if std::mem::take(&mut self.waiting) == 0 {
            return;
        }
        if self.thread.is_none() {
            self.thread = Thread::begin(file);
        }
        if let Some(thread) = &self.thread {
            // Where it is busy, and told already, it will find these bytes too.
            let _ = thread.tell.try_send(());
        }
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// What the disk could not take. The system tells it once, so it is not to be lost here.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Thread { tell, handle }) = self.thread else { return Ok(()) };
        drop(tell);
        handle.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
    }
}

impl Thread {
    /// None where the system gives no thread: then all is left to the end.
    fn begin(file: &File) -> Option<Thread> {
        let file = file.try_clone().ok()?;
        let (tell, told) = sync_channel(1);
        let settle = move || {
            while told.recv().is_ok() {
                file.sync_data()?;
            }
            Ok(())
        };
        let handle = Builder::new().name("settling".into()).spawn(settle).ok()?;
        Some(Thread { tell, handle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_was_written_is_all_there() {
        let mut file = tempfile::tempfile().expect("a file for a test");
        let mut settling = Settling::default();
        let bytes = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            file.write_all(&bytes).expect("the disk has room");
            settling.wrote(bytes.len(), &file);
        }
        assert!(settling.thread.is_some());
        settling.settle(&file);
        settling.settle(&file);
        settling.finish().expect("the disk took it");
        assert_eq!(file.metadata().expect("it is there").len(), 20 << 20);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_disk_cannot_take_is_told() {
        // A pipe cannot be brought to a disk.
        let (_reader, writer) = io::pipe().expect("a pipe for a test");
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let mut settling = Settling::default();
        settling.wrote(WORTH, &file);
        assert!(settling.finish().is_err());
    }
}
