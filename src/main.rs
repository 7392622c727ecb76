//! The `tagwell` command.

mod cli;

/// Ten thousand rules are half a million small things, and columns are read ahead in large ones: the system's own allocator asks for the
/// memory of either page by page.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
