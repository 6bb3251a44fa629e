//! `xtask IN.wasm OUT_DIR NAME`: writes NAME.js, NAME.d.ts and NAME_bg.wasm for a browser (`--target web`).
//!
//! It is the library below the tool `wasm-bindgen`, so that no downloaded binary is needed.

use wasm_bindgen_cli_support::Bindgen;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = args.as_slice() else {
        eprintln!("usage: xtask IN.wasm OUT_DIR NAME");
        std::process::exit(2);
    };
    let made = Bindgen::new().input_path(input).web(true).and_then(|b| {
        b.typescript(true)
            .remove_name_section(std::env::var_os("NEGATOSCOPE_NAMES").is_none())
            .remove_producers_section(true)
            // As a library the default path is left out, and a bare `init()` would fail.
            .omit_default_module_path(false)
            .out_name(name)
            .generate(out_dir)
    });
    if let Err(error) = made {
        eprintln!("xtask: {input}: {error:#}");
        std::process::exit(1);
    }
}
