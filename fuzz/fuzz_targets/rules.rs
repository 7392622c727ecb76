//! Any text is parsed, checked and formatted without a panic; what formats once formats to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tagwell::{engine::Rulebook, format};

fuzz_target!(|text: &str| {
    let Ok(rulebook) = Rulebook::parse("fuzz.rules", text) else { return };
    let _ = rulebook.check(&Default::default());
    for file in rulebook.files() {
        let once = format::format(file, text).expect("what parses can be formatted");
        let again = Rulebook::parse("fuzz.rules", &once).expect("what was formatted parses");
        let twice = format::format(&again.files()[0], &once).expect("and can be formatted");
        assert_eq!(once, twice);
    }
});
