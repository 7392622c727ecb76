//! Tags one user: `cargo run --example embed`.

use tagwell::engine::Rulebook;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rulebook = Rulebook::parse("vip.rules", "tag vip \"重要客户\" when purchases >= 3 and spend > 500")?;
    let checked = rulebook.check(&Default::default())?;
    let engine = checked.engine(checked.clock("2026-11-22")?);
    let user = engine.evaluate_one(r#"{"user_id": "u1", "purchases": 4, "spend": 720.5}"#)?;
    println!("{:?}", user.tags());
    Ok(())
}
