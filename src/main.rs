//! The `tagwell` command.

mod cli;

/// Rules are many small trees, and pieces of data large ones that come and go on all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
