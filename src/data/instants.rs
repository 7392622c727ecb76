//! Moments of 96 bits in Parquet files, as Spark writes timestamps by itself: instants, though nothing in the file says so.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    basic::Type,
};

/// The same file, with such columns read to the microsecond, of all years, and in UTC.
pub(super) fn of_96_bits(metadata: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let file = metadata.parquet_schema();
    let is_wide = |(leaf, column): (usize, &parquet::schema::types::ColumnDescPtr)| {
        (column.physical_type() == Type::INT96 && column.path().parts().len() == 1)
            .then(|| file.get_column_root_idx(leaf))
    };
    let wide: Vec<usize> = file.columns().iter().enumerate().filter_map(is_wide).collect();
    if wide.is_empty() {
        return metadata;
    }
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = metadata.schema().fields().iter().enumerate().map(|(at, field)| match wide.contains(&at) {
        true => Arc::new(Field::clone(field).with_data_type(instant.clone())),
        false => Arc::clone(field),
    });
    let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata)
}

#[cfg(test)]
mod tests {
    use arrow_array::{Array, cast::AsArray, types::TimestampMicrosecondType};
    use parquet::{
        arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
        data_type::{Int96, Int96Type},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };

    use super::*;

    /// Noon of the first day of 1970, and the end of 9999, by the days of Julius and nanoseconds.
    #[test]
    fn spark_writes_instants_of_all_years() {
        let schema = Arc::new(parse_message_type("message m { required int96 t; }").unwrap());
        let mut file = vec![];
        let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::new(WriterProperties::new())).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let moment = |day: u32, nanos: u64| Int96::from(vec![nanos as u32, (nanos >> 32) as u32, day]);
        let moments = [moment(2_440_588, 43_200_000_000_000), moment(5_373_484, 86_399_999_999_000)];
        column.typed::<Int96Type>().write_batch(&moments, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        let file = bytes::Bytes::from(file);
        let metadata = of_96_bits(ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).unwrap());
        let mut batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).build().unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert_eq!(batch.column(0).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        let read = batch.column(0).as_primitive::<TimestampMicrosecondType>().values().to_vec();
        assert_eq!(read, [43_200_000_000, 253_402_300_799_999_999]);
    }
}
