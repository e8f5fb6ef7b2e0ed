//! Self-attention as ONNX nodes, beside `infill::unet::Attention`: over all cells of a feature map, or within each of its windows.

use super::{
    builder::{Value, int},
    layers::{Layers, Map, Result},
};

impl Layers<'_> {
    /// `Attention`, with so many channels a head and windows per side.
    pub fn attention(&mut self, name: &str, input: &Map, head: usize, windows: usize) -> Result<Map> {
        let channels = input.channels;
        let normalized = self.normalize(&format!("{name}.norm"), input)?;
        let output = if windows == 1 {
            let cells = self.reshape(format!("{name}/cells"), &normalized, &[0, channels as i64, -1]);
            let tokens = self.transpose(format!("{name}/tokens"), &cells, &[0, 2, 1]);
            let output = self.mixed(name, &tokens, channels, head, 1)?;
            let output = self.transpose(format!("{name}/output_cells"), &output, &[0, 2, 1]);
            self.reshape_like(format!("{name}/output"), &output, &input.value)
        } else {
            self.within_windows(name, &normalized, channels, head, windows)?
        };
        let value = self.builder.node("Add", name.to_owned(), &[&input.value, &output], Vec::new());
        Ok(Map { value, channels })
    }

    /// Heads over `[…, tokens, channels]` with so many dimensions before the tokens.
    fn mixed(&mut self, name: &str, tokens: &Value, channels: usize, head: usize, before: usize) -> Result<Value> {
        let (heads, part) = (channels / head, |what: &str| format!("{name}/{what}"));
        let kept = |more: &[i64]| [&vec![0; before], more].concat();
        // Of the three dimensions after those before.
        let order = |last: [usize; 3]| (0..before).chain(last.map(|place| before + place)).map(|place| place as i64).collect::<Vec<_>>();
        let axis = before + 2;
        let qkv = self.linear_of_tokens(&format!("{name}.qkv"), tokens, channels, 3 * channels)?;
        // Heads are split before query, key and value.
        let qkv = self.reshape(part("by_head"), &qkv, &kept(&[0, heads as i64, 3 * head as i64]));
        let qkv = self.transpose(part("heads"), &qkv, &order([1, 0, 2]));
        let parts = self.builder.split(&part("parts"), &qkv, axis as i64, head, 3);
        let scale = self.builder.floats(&format!("scale[{head}]"), &[], &[(head as f64).powf(-0.25) as f32]);
        let query = self.builder.node("Mul", part("query"), &[&parts[0], &scale], Vec::new());
        let key = self.builder.node("Mul", part("key"), &[&parts[1], &scale], Vec::new());
        let key = self.transpose(part("key_across"), &key, &order([0, 2, 1]));
        let scores = self.builder.node("MatMul", part("scores"), &[&query, &key], Vec::new());
        let shares = self.builder.node("Softmax", part("shares"), &[&scores], vec![int("axis", axis as i64)]);
        let mixed = self.builder.node("MatMul", part("mixed"), &[&shares, &parts[2]], Vec::new());
        let mixed = self.transpose(part("mixed_cells"), &mixed, &order([1, 0, 2]));
        let mixed = self.reshape(part("mixed_tokens"), &mixed, &kept(&[0, channels as i64]));
        self.linear_of_tokens(&format!("{name}.project"), &mixed, channels, channels)
    }

    /// The same within each window of `[batch, channels, height, width]`. Height and width are known only when the graph runs, and a reshape
    /// keeps a side only in its place: each is brought to the second place, cut, and moved on.
    fn within_windows(&mut self, name: &str, map: &Value, channels: usize, head: usize, windows: usize) -> Result<Value> {
        let part = |what: &str| format!("{name}/windows/{what}");
        let (count, across) = (windows as i64, (windows * channels) as i64);
        // [batch, width, height, channels], then height in windows
        let columns = self.transpose(part("columns"), map, &[0, 3, 2, 1]);
        let cut = self.reshape(part("rows_cut"), &columns, &[0, 0, count, -1, channels as i64]);
        // [batch, row in the window, width, window below, channels], then width in windows
        let rows = self.transpose(part("rows"), &cut, &[0, 3, 1, 2, 4]);
        let cut = self.reshape(part("columns_cut"), &rows, &[0, 0, count, -1, across]);
        // [batch, window beside, row, column, (window below, channels)], then its cells as tokens
        let cells = self.transpose(part("cells"), &cut, &[0, 2, 1, 3, 4]);
        let tokens = self.reshape(part("cells_joined"), &cells, &[0, 0, -1, count, channels as i64]);
        let tokens = self.transpose(part("tokens"), &tokens, &[0, 1, 3, 2, 4]);
        let output = self.mixed(name, &tokens, channels, head, 3)?;
        // And back.
        let output = self.transpose(part("output_tokens"), &output, &[0, 1, 3, 2, 4]);
        let output = self.reshape_like(part("output_cells"), &output, &cells);
        let output = self.transpose(part("output_rows"), &output, &[0, 2, 1, 3, 4]);
        let output = self.reshape_like(part("output_rows_joined"), &output, &rows);
        let output = self.transpose(part("output_columns"), &output, &[0, 2, 3, 1, 4]);
        let output = self.reshape_like(part("output_columns_joined"), &output, &columns);
        Ok(self.transpose(part("output"), &output, &[0, 3, 2, 1]))
    }
}
