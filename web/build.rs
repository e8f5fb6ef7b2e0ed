//! Tells the linker who calls the constructors that libraries bring (cubecl's has hundreds). Else it lets every exported function begin
//! with all of them, as for programs that end after `main`: each event of the browser would pay for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-bin=worker=--export=__wasm_call_ctors");
    }
}
