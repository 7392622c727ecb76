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
        let expect = std::fs::read_to_string(path.with_extension("expect")).unwrap_or_default();
        let of = |key: &str| expect.lines().filter_map(|l| l.strip_prefix(key)).map(|l| l.trim().to_owned()).collect::<Vec<_>>();
        let (words, types) = (of("words:"), of("type:"));
        if !found.is_empty() && !words.is_empty() {
            let right = words.iter().any(|w| w == &text[found[0].primary.span.range()]);
            let all = format!("{:?}", found[0]).replace("\\\"", "\"");
            let typed = types.iter().any(|t| all.contains(t.as_str()));
            if found.len() != 1 || !right || !typed { println!("FAIL {name} n={} right={right} typed={typed} {words:?} {types:?}", found.len()); }
        }
        for it in found {
            let line = text[..it.primary.span.start as usize].matches('\n').count() + 1;
            println!("  {} {line} [{}] {} | {:?} | {:?}", it.code, &text[it.primary.span.range()], it.message, it.help, it.fixes.iter().map(|f| f.edits.iter().map(|e| format!("{}->{}", &text[e.span.range()], e.text)).collect::<Vec<_>>()).collect::<Vec<_>>());
        }
    }
}
