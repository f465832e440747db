//! What people read, as a whole. After a change: `cargo insta test --review`, and read it.

use crate::folder::{Folder, Ran};

/// Both outputs of a command, under the command itself.
pub(crate) fn shown(folder: &Folder, ran: &Ran, model_id: &str) -> String {
    let mut text = format!("-- standard output\n{}", ran.out);
    if !ran.err.is_empty() {
        text += &format!("-- standard error\n{}", ran.err);
    }
    // The id hashes the weights, whose last bits may differ on a processor without fused multiply-add.
    text.replace(model_id, "[model id......]")
        .replace(&folder.real_path(), "[folder]")
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) fn model_id(folder: &Folder, model: &str) -> String {
    let shown = folder.ok(&format!("model show {model}")).out;
    shown.split_whitespace().nth(1).expect("an id").to_owned()
}

#[test]
fn train_model_and_detect() {
    let folder = Folder::new();
    let id = model_id(&folder, "home.model");
    let train = folder.ok("train conn.log -o new.model --recipe classic --epochs 8 --rate 1e-3");
    insta::assert_snapshot!("train", shown(&folder, &train, &id));
    insta::assert_snapshot!("model_show", shown(&folder, &folder.ok("model show home.model"), &id));
    insta::assert_snapshot!(
        "detect",
        shown(&folder, &folder.ok("detect conn.log -m home.model --db a.db"), &id)
    );
    insta::assert_snapshot!(
        "detect_again",
        shown(&folder, &folder.ok("detect conn.log -m home.model --db a.db"), &id)
    );
    let top = folder.ok("detect conn.log -m home.model --db b.db --flag-top 5%");
    insta::assert_snapshot!("detect_flag_top", shown(&folder, &top, &id));
}

#[test]
fn alerts() {
    let folder = Folder::new();
    let id = model_id(&folder, "home.model");
    folder.ok("detect conn.log -m home.model --db a.db");
    insta::assert_snapshot!("alerts_list", shown(&folder, &folder.ok("alerts list --db a.db -n 10"), &id));
    insta::assert_snapshot!(
        "alerts_list_none",
        shown(&folder, &folder.ok("alerts list --db a.db --port 1"), &id)
    );
    let first = folder.ok("alerts export --db a.db -n 1").json()[0]["id"].clone();
    insta::assert_snapshot!(
        "alerts_show",
        shown(&folder, &folder.ok(&format!("alerts show {first} --db a.db")), &id)
    );
    insta::assert_snapshot!(
        "alerts_show_none",
        shown(&folder, &folder.run("alerts show 999 --db a.db"), &id)
    );
}

#[test]
fn synth() {
    let folder = Folder::empty();
    let ran = folder.ok("synth --rows 6000 --days 1 --seed 7 --attacks --out logs");
    insta::assert_snapshot!("synth", shown(&folder, &ran, "none"));
}
