//! The worker's program.

fn main() {
    infill_web::worker::start();
}
