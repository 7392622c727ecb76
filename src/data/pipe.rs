//! What comes through standard input or a pipe, which can be read only once: it is kept while it may be looked at again, and passed on
//! where it is read for the last time.

use std::{
    fmt,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

/// A source that can be read only once.
#[derive(Default)]
pub(super) struct Pipe(Mutex<State>);

#[derive(Default)]
struct State {
    /// What was read of it so far.
    kept: Vec<u8>,
    source: Option<Box<dyn Read + Send>>,
    /// Whether it is read for the last time.
    last: bool,
    /// Whether something of it is kept no more.
    gone: bool,
}

/// A reader from its beginning.
pub(super) struct FromBeginning {
    pipe: Arc<Pipe>,
    at: usize,
}

impl Pipe {
    /// Reads it from its beginning; `open` opens it, the first time.
    pub(super) fn read(
        self: &Arc<Pipe>,
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>,
    ) -> io::Result<FromBeginning> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.gone {
            return Err(io::Error::other("it was read to its end already"));
        }
        if state.source.is_none() {
            state.source = Some(open()?);
        }
        Ok(FromBeginning { pipe: Arc::clone(self), at: 0 })
    }

    /// Who reads it next is the last to do so: nothing more is kept.
    pub(super) fn keep_no_more(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last = true;
    }
}

impl Read for FromBeginning {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.pipe.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { kept, source, last, gone } = &mut *state;
        if let Some(rest @ [_, ..]) = kept.get(self.at..) {
            let mut rest = rest;
            let read = rest.read(buffer)?;
            self.at += read;
            return Ok(read);
        }
        let Some(source) = source else { return Ok(0) };
        let read = source.read(buffer)?;
        if *last {
            (*kept, *gone, self.at) = (vec![], true, 0);
        } else {
            kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
            self.at += read;
        }
        Ok(read)
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Pipe")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reader: &mut impl Read, bytes: u64) -> String {
        let mut text = String::new();
        reader.take(bytes).read_to_string(&mut text).expect("it is UTF-8");
        text
    }

    #[test]
    fn it_is_read_again_from_its_beginning() {
        let pipe = Arc::new(Pipe::default());
        let open = || -> io::Result<Box<dyn Read + Send>> { Ok(Box::new(io::Cursor::new(b"user_id\nu1\nu2\n"))) };
        assert_eq!(text(&mut pipe.read(open).expect("it opens"), 8), "user_id\n");
        let again = || -> io::Result<Box<dyn Read + Send>> { panic!("it is opened once") };
        assert_eq!(text(&mut pipe.read(again).expect("it is open"), 11), "user_id\nu1\n");
        pipe.keep_no_more();
        let mut last = pipe.read(again).expect("it is open");
        assert_eq!((text(&mut last, 3), text(&mut last, 99)), ("use".to_owned(), "r_id\nu1\nu2\n".to_owned()));
        let error = pipe.read(again).err().expect("nothing is kept");
        assert_eq!(error.to_string(), "it was read to its end already");
    }
}
