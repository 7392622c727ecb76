use super::parse;
fn cpu() -> f64 { let s = std::fs::read_to_string("/proc/thread-self/stat").unwrap(); let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect(); f[11].parse::<f64>().unwrap() / 100.0 }
#[test]
fn scratch_times() {
    for (name, one) in [("mend", "tag many when b between 3 and 5\n"), ("scan", "tag many when a == 3 && b > 4\n"), ("good", "tag many when a = 3 and b > 4\n"), ("bad", "tag many when a a a a a\n")] {
      for n in [500, 1000, 2000] {
        let text = one.repeat(n);
        let start = cpu();
        let n = parse(&text).1.len();
        println!("TIME {name} {:.2} n={n}", cpu() - start);
      }
    }
}
