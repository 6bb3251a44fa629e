//! The native door's hinge: arguments in, exit code out. Everything else is in [`negatoscope::cli`].

fn main() -> std::process::ExitCode {
    negatoscope::cli::main()
}
