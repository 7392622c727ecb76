//! Law 3: quotes are for data and messages; what the rulebook declares is a bare name.

use super::codes;

const BOOK: &str = "
table users key user_id { user_id: text  city: text  spend: int }
tag vip when spend > 500
level membership by spend { gold from 500  silver otherwise }
layer rfm { good when vip  other otherwise }
template hello \"hello\"
";

#[test]
fn of_each_pair_one_is_right() {
    for (right, wrong) in [
        // What the rulebook declares.
        ("tag a when vip", "tag a when \"vip\""),
        ("tag a when spend > 3", "tag a when \"spend\" > 3"),
        ("tag a when membership = gold", "tag a when membership = \"gold\""),
        ("tag a when rfm in [good, other]", "tag a when rfm in [\"good\", \"other\"]"),
        ("tag a when vip", "tag \"a\" when vip"),
        ("let a = spend", "let \"a\" = spend"),
        ("param a = 3", "param \"a\" = 3"),
        ("level a { up when vip }", "level a { \"up\" when vip }"),
        ("layer a { one when vip }", "layer a { \"one\" when vip }"),
        ("score a { 3 when vip }", "score \"a\" { 3 when vip }"),
        ("segment a when vip { on enter do call }", "segment a when vip { on enter do \"call\" }"),
        ("segment a when vip { on enter send sms hello }", "segment a when vip { on enter send \"sms\" hello }"),
        ("segment a when vip\npolicy { priority [a] }", "segment a when vip\npolicy { priority [\"a\"] }"),
        // Data and messages.
        ("tag a when city = \"Paris\"", "tag a when city = Paris"),
        ("tag a when city in [\"Paris\"]", "tag a when city in [Paris]"),
        ("tag a when city contains \"ar\"", "tag a when city contains ar"),
        ("tag a \"label\" when vip", "tag a label when vip"),
        ("template a \"text\"", "template a text"),
        ("list a from \"a.csv\"", "list a from a"),
        ("segment a when vip { on enter send sms \"hi\" }", "segment a when vip { on enter send sms hi there }"),
        ("rulebook \"shop\"", "rulebook shop"),
        ("test \"it\" { given { spend: 3 } expect not vip }", "test it { given { spend: 3 } expect not vip }"),
        (
            "test \"it\" { given { city: \"x\" } expect not vip }",
            "test \"it\" { given { \"city\": \"x\" } expect not vip }",
        ),
    ] {
        assert_eq!(codes(&format!("{BOOK}{right}\n")), [""; 0], "{right}");
        assert_ne!(codes(&format!("{BOOK}{wrong}\n")), [""; 0], "{wrong}");
    }
}

/// A data value spelled like a name of the rulebook is still data.
#[test]
fn a_text_is_never_a_name() {
    let rules = format!("{BOOK}tag a when city = \"vip\" or city = \"spend\" or city in [\"gold\"]\n");
    assert_eq!(codes(&rules), [""; 0]);
}
