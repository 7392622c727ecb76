//! Places to read from and to write to, and options.

use super::Place;

#[test]
fn a_place_that_is_no_file_is_named() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).unwrap();
    std::fs::create_dir(place.path("folder.csv")).unwrap();
    place.runs(&["vip.rules", "nowhere.csv"], 2, &["nowhere.csv"]);
    place.runs(&["vip.rules", "empty"], 2, &["empty"]);
    place.runs(&["vip.rules", "folder.csv"], 2, &["folder.csv"]);
    place.runs(&["vip.rules", "no*.csv"], 2, &["no*.csv"]);
    place.runs(&["vip.rules", "[a.csv"], 2, &["[a.csv"]);
    place.runs(&["nowhere.rules", "good.csv"], 2, &["nowhere.rules"]);
    place.write("data.xyz", "user_id,n\n");
    place.runs(&["vip.rules", "data.xyz"], 2, &["data.xyz"]);
}

#[test]
fn results_go_nowhere_else_than_they_were_sent() {
    let place = Place::new();
    place.runs(&["vip.rules", "good.csv", "--out", "no/such/folder.jsonl"], 2, &["no/such/folder.jsonl"]);
    let before = std::fs::read_to_string(place.path("good.csv")).unwrap();
    place.runs(&["vip.rules", "good.csv", "--out", "good.csv", "--format", "jsonl"], 2, &["good.csv", "written over"]);
    assert_eq!(std::fs::read_to_string(place.path("good.csv")).unwrap(), before);
}

#[test]
fn numbers_of_threads_and_records_are_taken_or_refused() {
    let place = Place::new();
    place.runs(&["vip.rules", "good.csv", "--threads", "1000"], 0, &["2 users read"]);
    place.runs(&["vip.rules", "good.csv", "--threads", "0"], 2, &["--threads"]);
    place.runs(&["vip.rules", "good.csv", "--limit", "0"], 0, &["2 users read"]);
    place.runs(&["vip.rules", "good.csv", "--limit", "-1"], 2, &["-1"]);
    place.runs(&["vip.rules", "good.csv", "--as-of", "2026-02-30"], 2, &["2026-02-30"]);
}

#[cfg(target_os = "linux")]
mod devices {
    use std::process::Command;

    use super::Place;

    #[test]
    fn a_pipe_is_read_once() {
        for rules in ["vip.rules", "typed.rules"] {
            let place = Place::new();
            assert!(Command::new("mkfifo").arg(place.path("pipe.csv")).status().unwrap().success());
            let pipe = place.path("pipe.csv");
            let writer = std::thread::spawn(move || std::fs::write(pipe, "user_id,n\nu,5\n"));
            place.runs(&[rules, "pipe.csv"], 0, &["{\"user_id\":\"u\",\"tags\":[\"vip\"]"]);
            writer.join().unwrap().unwrap();
        }
    }

    /// Whatever form it has, and however little of it comes first.
    #[test]
    fn a_pipe_of_every_form_is_read() {
        use std::{io::Write, time::Duration};
        let numbers: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::Int64Array::from(vec![1, 5]));
        let columns = || vec![super::super::data::users(), ("n", std::sync::Arc::clone(&numbers))];
        let rows = b"{\"user_id\":\"u1\",\"n\":1}\n{\"user_id\":\"u2\",\"n\":5}\n".to_vec();
        for (name, bytes) in [
            ("pipe.csv", b"user_id,n\nu1,1\nu2,5\n".to_vec()),
            ("pipe.tsv", b"user_id\tn\nu1\t1\nu2\t5\n".to_vec()),
            ("pipe.jsonl", rows),
            ("pipe.parquet", super::super::data::parquet(columns())),
            ("pipe.arrow", super::super::data::arrow(columns())),
        ] {
            for (rules, first) in [("vip.rules", 12), ("vip.rules", 1), ("typed.rules", 12)] {
                let place = Place::new();
                assert!(Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
                let (pipe, bytes) = (place.path(name), bytes.clone());
                let writer = std::thread::spawn(move || {
                    let mut pipe = std::fs::OpenOptions::new().write(true).open(pipe)?;
                    pipe.write_all(&bytes[..first])?;
                    std::thread::sleep(Duration::from_millis(50));
                    pipe.write_all(&bytes[first..])
                });
                place.runs(&[rules, name], 0, &["{\"user_id\":\"u2\",\"tags\":[\"vip\"]"]);
                writer.join().unwrap().unwrap();
            }
        }
    }

    #[test]
    fn devices_are_read_and_written_as_they_are() {
        let place = Place::new();
        place.runs(&["vip.rules", "csv:/dev/zero"], 2, &["/dev/zero", "line 1 is longer"]);
        place.runs(&["vip.rules", "good.csv", "--out", "/dev/full"], 2, &["/dev/full", "disk is full"]);
        place.runs(&["vip.rules", "good.csv", "--out", "/dev/null"], 0, &[]);
        // Also where it is full in the midst, and whatever writer stands in between.
        let many: String = (0..100_000).map(|at| format!("user-{at},{at}\n")).collect();
        place.write("many.csv", format!("user_id,n\n{many}"));
        for form in ["jsonl", "csv", "parquet", "arrow"] {
            let words = ["vip.rules", "many.csv", "--out", "/dev/full", "--format", form];
            place.runs(&words, 2, &["cannot write `/dev/full`: the disk is full"]);
        }
    }
}
