//! Parquet in pieces of some rows of a row group each, which are unpacked where they are read, column by column.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
        RowSelection, RowSelector,
    },
};

use crate::{
    data::{
        DataError, Input,
        chunks::{Parsed, Shared, arrays::Arrays},
        columnar, damaged,
        guard::guarded,
        instants::of_96_bits,
        pages::Pages,
        table,
    },
    schema::{Column, ColumnId},
    value::Type,
};

/// A file that is being cut.
pub(super) struct Part {
    form: Arc<Form>,
    pieces: VecDeque<Piece>,
}

/// Some rows of a row group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    group: usize,
    /// Rows of the group before it.
    skip: usize,
    rows: usize,
    /// Rows of the file before it.
    before: u64,
}

impl Piece {
    /// The first of as few equal pieces of at most so many rows as it can be cut into, and what is left.
    fn cut(self, most: usize) -> (Piece, Option<Piece>) {
        let rows = self.rows.div_ceil(self.rows.div_ceil(most).max(1));
        let left = self.rows - rows;
        if left == 0 {
            return (self, None);
        }
        let behind = Piece { skip: self.skip + rows, rows: left, before: self.before + rows as u64, ..self };
        (Piece { rows, ..self }, Some(behind))
    }
}

/// What is read of a file.
pub(super) struct Form {
    input: Input,
    /// All bytes of standard input or a pipe, which cannot be searched through.
    whole: Option<bytes::Bytes>,
    metadata: ArrowReaderMetadata,
    projection: ProjectionMask,
    arrays: Arrays,
    /// By row group.
    groups: Mutex<BTreeMap<usize, Group>>,
}

/// What is known of a row group that is read in pieces.
#[derive(Default)]
struct Group {
    /// Rows that stand in pieces which somebody has.
    cut: usize,
    /// Who stands before the next piece, which nobody has yet.
    begun: Option<Begun>,
}

/// A row group that is read so many rows at a time. Whoever begins anew in the middle has to unpack what stands before.
struct Begun {
    reader: ParquetRecordBatchReader,
    together: usize,
    /// Rows of the group that were handed out.
    at: usize,
    /// What was read beyond them.
    beyond: Option<RecordBatch>,
}

impl Begun {
    /// The next rows, so many at most.
    fn next(&mut self, most: usize) -> Option<Result<RecordBatch, ArrowError>> {
        let batch = match self.beyond.take().map_or_else(|| self.reader.next(), |batch| Some(Ok(batch)))? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error)),
        };
        let rows = batch.num_rows().min(most);
        self.at += rows;
        if rows == batch.num_rows() {
            return Some(Ok(batch));
        }
        self.beyond = Some(batch.slice(rows, batch.num_rows() - rows));
        Some(Ok(batch.slice(0, rows)))
    }
}

impl Part {
    /// Opens a file, and judges its columns. A piece is of at most so many rows.
    pub(super) fn open(input: &Input, shared: &Arc<Shared>, most: usize) -> Result<Part, DataError> {
        guarded(|| Part::unguarded(input, shared, most)).unwrap_or_else(|| Err(damaged::unfit(input, damaged::DAMAGED)))
    }

    fn unguarded(input: &Input, shared: &Arc<Shared>, most: usize) -> Result<Part, DataError> {
        let unfit = |error| damaged::unfit(input, error);
        let (whole, metadata) = match input.plain_file() {
            Some(path) => {
                let file = File::open(path).map_err(|error| input.unreadable(error))?;
                (None, ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(unfit)?)
            }
            None => {
                let mut all = vec![];
                input.open()?.read_to_end(&mut all).map_err(|error| input.unreadable(error))?;
                let all = bytes::Bytes::from(all);
                let metadata = ArrowReaderMetadata::load(&all, ArrowReaderOptions::new()).map_err(unfit)?;
                (Some(all), metadata)
            }
        };
        let metadata = of_96_bits(metadata);
        let headers = columnar::headers(input, metadata.schema())?;
        let mut found = table::fit(input, &shared.wanted.table, &shared.wanted.needed, &headers)?;
        let is_read = |(at, id, column): &(usize, ColumnId, Column)| {
            shared.unseen != Some(*id) || !has_nothing_wrong(&metadata, *at, column)
        };
        // Without any column nobody would know the rows.
        if found.iter().any(is_read) {
            found.retain(is_read);
        }
        let roots: Vec<usize> = found.iter().map(|(at, ..)| *at).collect();
        let metadata = narrowed(metadata, &found);
        let projection = ProjectionMask::roots(metadata.parquet_schema(), roots);
        let columns = found.into_iter().map(|(_, id, column)| (id, column)).collect();
        let pieces = pieces(&metadata, most.max(1));
        let arrays = Arrays::of(input, columns, shared);
        let groups = Mutex::default();
        let form = Form { input: input.clone(), whole, metadata, projection, arrays, groups };
        Ok(Part { form: Arc::new(form), pieces: pieces.into() })
    }

    /// The next piece, of at most so many rows; none at the end.
    pub(super) fn next(&mut self, most: usize) -> Option<(Arc<Form>, Piece)> {
        let (piece, left) = self.pieces.pop_front()?.cut(most);
        if let Some(left) = left {
            self.pieces.push_front(left);
        }
        self.form.group(piece.group, |group| group.cut = piece.skip + piece.rows);
        Some((Arc::clone(&self.form), piece))
    }
}

/// The same with forms that cost less: texts that the file writes down once each stay so, and decimals of up to 18 digits take 64 bits.
fn narrowed(metadata: ArrowReaderMetadata, wanted: &[(usize, ColumnId, Column)]) -> ArrowReaderMetadata {
    let narrow = |field: &Field, column: &Column| match (field.data_type(), &column.ty) {
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, Type::Text)
            if is_written_once(&metadata, field.name()) =>
        {
            Some(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))
        }
        (DataType::Decimal128(digits @ ..=18, scale), Type::Decimal(own)) if i8::try_from(*own) == Ok(*scale) => {
            Some(DataType::Decimal64(*digits, *scale))
        }
        _ => None,
    };
    let schema = metadata.schema();
    let fields = schema.fields().iter().enumerate().map(|(at, field)| {
        let column = wanted.iter().find(|(place, ..)| *place == at).map(|(.., column)| column);
        match column.and_then(|column| narrow(field, column)) {
            Some(ty) => Arc::new(field.as_ref().clone().with_data_type(ty)),
            None => Arc::clone(field),
        }
    });
    let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata)
}

/// Whether a column of texts has each of them written once, and by row only which it is. A text that is written out takes four bytes at
/// least.
fn is_written_once(metadata: &ArrowReaderMetadata, name: &str) -> bool {
    metadata.metadata().row_groups().iter().all(|group| {
        let mut columns = group.columns().iter();
        let own = columns.find(|column| matches!(column.column_path().parts(), [only] if only == name));
        own.is_some_and(|column| {
            column.dictionary_page_offset().is_some() && column.uncompressed_size() < 3 * column.num_values().max(64)
        })
    })
}

/// Whether the file itself says that a column has a right value in each row.
fn has_nothing_wrong(metadata: &ArrowReaderMetadata, at: usize, column: &Column) -> bool {
    let field = metadata.schema().field(at);
    let is_of_its_type = match &column.ty {
        Type::Text => matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        Type::Int => matches!(field.data_type(), DataType::Int64),
        _ => false,
    };
    is_of_its_type
        && metadata.metadata().row_groups().iter().all(|group| {
            let own =
                group.columns().iter().find(|own| matches!(own.column_path().parts(), [only] if only == field.name()));
            own.and_then(|own| own.statistics()?.null_count_opt()) == Some(0)
        })
}

/// Each row group in equal pieces.
fn pieces(metadata: &ArrowReaderMetadata, most: usize) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut before = 0;
    for (group, found) in metadata.metadata().row_groups().iter().enumerate() {
        let all = usize::try_from(found.num_rows()).unwrap_or(0);
        let each = all.div_ceil(all.div_ceil(most).max(1)).max(1);
        for skip in (0..all).step_by(each) {
            let rows = each.min(all - skip);
            pieces.push(Piece { group, skip, rows, before });
            before += rows as u64;
        }
    }
    pieces
}

impl Form {
    /// Reads a piece.
    pub(super) fn parse(&self, piece: &Piece) -> Result<Parsed, DataError> {
        let whole = || {
            let reader = self.reader(piece, piece.rows, piece.rows)?;
            let schema = reader.schema();
            let batches: Result<Vec<RecordBatch>, _> = reader.collect();
            batches
                .and_then(|batches| arrow_select::concat::concat_batches(&schema, &batches))
                .map_err(|it| self.unfit(&it))
        };
        let batch = guarded(whole).unwrap_or_else(|| Err(self.unfit(&damaged::DAMAGED)))?;
        Ok(self.arrays.parsed(batch, piece.before))
    }

    /// Reads a piece so many rows after the other, which takes less memory at a time.
    pub(super) fn each(&self, piece: &Piece, rows: usize, taken: &mut dyn FnMut(Parsed)) -> Result<(), DataError> {
        let damaged = || self.unfit(&damaged::DAMAGED);
        let mut begun = Some(guarded(|| self.begun(piece, rows.min(piece.rows))).unwrap_or_else(|| Err(damaged()))?);
        let (mut before, end) = (piece.before, piece.skip + piece.rows);
        while let Some(reading) = begun.as_mut().filter(|reading| reading.at < end) {
            let Some(batch) = guarded(|| reading.next(end - reading.at)).ok_or_else(damaged)? else { break };
            let batch = batch.map_err(|error| self.unfit(&error))?;
            // What is done with the last rows takes its time: meanwhile another may read on.
            if reading.at == end {
                self.leave(piece.group, begun.take());
            }
            let rows = batch.num_rows();
            taken(self.arrays.parsed(batch, before));
            before += rows as u64;
        }
        Ok(())
    }

    /// Who stands before a piece, or begins there.
    fn begun(&self, piece: &Piece, together: usize) -> Result<Begun, DataError> {
        let left = self.group(piece.group, |group| group.begun.take_if(|begun| begun.at == piece.skip));
        match left.filter(|left| left.together == together) {
            Some(left) => Ok(left),
            None => {
                let reader = self.reader(piece, usize::MAX, together)?;
                Ok(Begun { reader, together, at: piece.skip, beyond: None })
            }
        }
    }

    /// Keeps who stands before the next piece, unless somebody has begun it, or there is none.
    fn leave(&self, group: usize, begun: Option<Begun>) {
        let all = self.metadata.metadata().row_groups().get(group).map_or(0, |group| group.num_rows());
        let Some(begun) = begun.filter(|begun| (begun.at as i64) < all) else { return };
        self.group(group, |group| {
            if group.cut == begun.at {
                group.begun = Some(begun);
            }
        });
    }

    fn group<T>(&self, group: usize, what: impl FnOnce(&mut Group) -> T) -> T {
        what(self.groups.lock().unwrap_or_else(PoisonError::into_inner).entry(group).or_default())
    }

    fn unfit(&self, error: &dyn std::fmt::Display) -> DataError {
        damaged::unfit(&self.input, error)
    }

    /// Reads so many rows of the row group at most from where a piece begins.
    fn reader(&self, piece: &Piece, most: usize, together: usize) -> Result<ParquetRecordBatchReader, DataError> {
        let all = self.metadata.metadata().row_groups().get(piece.group).map_or(0, |group| group.num_rows());
        let left = usize::try_from(all).unwrap_or(0).saturating_sub(piece.skip);
        let selection = vec![RowSelector::skip(piece.skip), RowSelector::select(left.min(most))];
        macro_rules! reader {
            ($source:expr) => {
                ParquetRecordBatchReaderBuilder::new_with_metadata($source, self.metadata.clone())
                    .with_row_groups(vec![piece.group])
                    .with_row_selection(RowSelection::from(selection))
                    .with_projection(self.projection.clone())
                    .with_batch_size(together)
                    .build()
                    .map_err(|error| self.unfit(&error))
            };
        }
        match (&self.whole, self.input.path()) {
            (None, Some(path)) => reader!(Pages::of(File::open(path).map_err(|error| self.input.unreadable(error))?)),
            (all, _) => reader!(all.clone().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use parquet::{
        arrow::ArrowWriter,
        file::properties::{EnabledStatistics, WriterProperties},
    };

    use super::*;
    use crate::{
        data::{Wanted, chunks_but_for},
        schema::{Role, Source, Table},
        value::{Zone, moment_text::MomentFormat},
    };

    fn table() -> Table {
        let column = |name: &str, ty: Type, optional: bool| {
            let (source, format) = (Source::Data, MomentFormat::Iso);
            Column { name: name.into(), header: name.into(), ty, optional, format, source, span: None }
        };
        let columns = vec![column("id", Type::Text, false), column("n", Type::Int, true)];
        let name = "users".into();
        Table { name, role: Role::Root, key: Some(ColumnId(0)), columns, from: None, declared: true, span: None }
    }

    #[test]
    fn a_column_that_nobody_looks_at_is_read_where_it_may_be_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.parquet");
        let (texts, whole): (ArrayRef, ArrayRef) = (
            Arc::new(StringArray::from(vec![Some("a"), None, Some("b")])),
            Arc::new(StringArray::from(vec!["a", "", "b"])),
        );
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), None]));
        let read = |id: &ArrayRef, told: EnabledStatistics, needed: &[u32]| {
            let batch = RecordBatch::try_from_iter([("id", Arc::clone(id)), ("n", Arc::clone(&numbers))]).unwrap();
            let told = WriterProperties::builder().set_statistics_enabled(told).build();
            let file = File::create(&path).unwrap();
            let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(told)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            let input = Input::parse(path.to_str().unwrap()).unwrap();
            let needed = needed.iter().map(|id| ColumnId(*id)).collect();
            let wanted = Wanted { table: table(), needed, nested: vec![], verbatim: false };
            let mut chunks = chunks_but_for(Some(ColumnId(0)), &input, wanted, &Zone::utc()).unwrap();
            let parsed = chunks.next().unwrap().unwrap().parse().unwrap();
            let bad: Vec<u64> = parsed.bad.iter().map(|(_, bad)| bad.line).collect();
            (parsed.batch.column(ColumnId(0)).is_some(), parsed.batch.rows, bad)
        };
        for told in [EnabledStatistics::Page, EnabledStatistics::Chunk] {
            assert_eq!(read(&whole, told, &[0, 1]), (false, 3, vec![]));
            assert_eq!(read(&texts, told, &[0, 1]), (true, 2, vec![2]));
            // Somebody must say how many rows there are.
            assert_eq!(read(&whole, told, &[0]), (true, 3, vec![]));
            // Of another type, every row is a bad one.
            assert_eq!(read(&numbers, told, &[0, 1]), (true, 0, vec![1, 2, 3]));
        }
        assert_eq!(read(&whole, EnabledStatistics::None, &[0, 1]), (true, 3, vec![]));
        assert_eq!(read(&texts, EnabledStatistics::None, &[0, 1]), (true, 2, vec![2]));
    }

    #[test]
    fn a_piece_is_cut_into_equal_ones_that_follow_one_another() {
        for (rows, expected) in [
            (0, vec![0]),
            (1, vec![1]),
            (65_536, vec![65_536]),
            (65_537, vec![32_769, 32_768]),
            (131_072, vec![65_536, 65_536]),
            (150_000, vec![50_000, 50_000, 50_000]),
        ] {
            let mut left = Some(Piece { group: 3, skip: 10, rows, before: 1_000 });
            let (mut cut, mut at) = (vec![], 0);
            while let Some(piece) = left {
                let (first, rest) = piece.cut(65_536);
                assert_eq!((first.group, first.skip, first.before), (3, 10 + at, 1_000 + at as u64));
                at += first.rows;
                cut.push(first.rows);
                left = rest;
            }
            assert_eq!(cut, expected, "{rows} rows");
        }
    }
}
