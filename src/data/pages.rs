//! A Parquet file, read page by page.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

/// What stands before a page, which is read before it, mostly takes less.
const HEADER: usize = 1 << 10;

/// A file that one reader reads, one page after the other: none of them needs a descriptor of its own.
pub(super) struct Pages(Arc<File>);

impl Pages {
    pub(super) fn of(file: File) -> Pages {
        Pages(Arc::new(file))
    }

    fn at(&self, start: u64) -> Result<Arc<File>> {
        let mut file = Arc::clone(&self.0);
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }
}

impl Length for Pages {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Pages {
    type T = BufReader<Arc<File>>;

    fn get_read(&self, start: u64) -> Result<BufReader<Arc<File>>> {
        Ok(BufReader::with_capacity(HEADER, self.at(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = vec![];
        bytes.try_reserve_exact(length).map_err(|error| ParquetError::External(Box::new(error)))?;
        let read = self.at(start)?.take(length as u64).read_to_end(&mut bytes)?;
        if read < length {
            return Err(ParquetError::EOF(format!("{length} bytes were to be read, and {read} are there")));
        }
        Ok(bytes.into())
    }
}
