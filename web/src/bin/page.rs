//! The page's program.

fn main() {
    infill_web::page::app::start();
}
