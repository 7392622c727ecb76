//! scratch
use super::parse;
#[test]
fn judge() {
    let Ok(dir) = std::env::var("JUDGE_DIR") else { return };
    let mut names: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "rules")).collect();
    names.sort();
    for path in names {
        let text = std::fs::read_to_string(&path).unwrap();
        let start = std::time::Instant::now();
        let (_, found) = parse(&text);
        let took = start.elapsed().as_millis();
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        println!("@ {name} {took}");
        for it in found {
            let line = text[..it.primary.span.start as usize].matches('\n').count() + 1;
            println!("  {} {line} [{}] {} | {:?} | {:?}", it.code, &text[it.primary.span.range()], it.message, it.help, it.fixes.iter().map(|f| f.edits.iter().map(|e| format!("{}->{}", &text[e.span.range()], e.text)).collect::<Vec<_>>()).collect::<Vec<_>>());
        }
    }
}
