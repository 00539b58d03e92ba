//! More orders in other languages: to hand over files of secrets and the conversation, to run a command.
//!
//! In: nothing. Out: [`actions`], for the lexicon. In descriptions of tools alone: an instruction file in
//! another language may well say which command to run. A sign that nobody shall know makes them high.

use super::stems::{ABROAD, LOOT, PROGRAM, TALK_ABROAD};
use crate::score::Kind;
use crate::score::chain::Gap;
use crate::score::lexicon::{Action, beside, chain, only_whole};

/// A file of secrets.
const FILE: &str = r"\.ssh\b|\bid_(?:rsa|ed25519)|\.aws\b|\.netrc|\.npmrc|\.kube/config|\.docker/config|\.git-credentials|\.pypirc|(?:^|[^\w])\.env\b|~/\.config\b|~/\.claude|~/\.cursor|/etc/shadow";
/// A file of secrets alone, so that to read it is no errand.
const KEYS: &str = r"\.ssh/|\bid_(?:rsa|ed25519)|\.aws/credentials|\.netrc|\.npmrc|\.git-credentials|\.pypirc|~/\S*(?:mcp|claude_desktop_config)\.json\b|/etc/shadow";
/// To take out of a file, in words that the lexicon has not as orders to read.
const TAKE: &str = r"获取|獲取|取得|提取|读出";
/// The conversation, and what is in front of it.
const TALK: &str = r"\bhistorique\b|\bconversation\b|\bhistorial\b|\bconversaci.{1,2}n\b|\bverlauf\b|\bunterhaltung\b|\bhist(?:ó|o)rico\b|\bconversa\b|\bcronologia\b|\bconversazione\b|\bsystem-?prompt|\bprompt (?:del|do|de|di) sist|\binvite syst|переписк|истори|промпт|对话|對話|会话|聊天记录|系统提示|系統提示|会話|システムプロンプト|대화|시스템 프롬프트|المحادثة";
/// To hand over.
const GIVE: &str = r"\b(?:transmet\w*|envoie\w*|envoyez|copi[ea]\w*|env.{1,2}a\b|env.{1,2}e\b|manda\w*|sende\w*|.{1,2}bermitt\w+|schick\w*|f.{1,2}ge\b|inclu\w+|pega\w*|invia\w*|einzutragen|eintragen|anzuh.{1,2}ngen)|копиру|отправ|встав|передай|复制|複製|填入|发送|發送|上传|放入|粘贴|貼り付け|コピー|送信|送っ|含め|복사|넣|전송|붙여|포함|أرسل|ضع|انسخ";

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    // `conversation`, `include`, `copied` and `execute` are words of English as well.
    let talk = |first, rest| {
        let gap = Gap::Bytes(120, b"\n");
        let any = chain(Kind::Secret, TALK_ABROAD, false, first, &[(gap, rest)]);
        only_whole(beside(ABROAD, "Includes a conversation that is copied.", any))
    };
    let file = |needs, first, rest| {
        let gap = Gap::Bytes(120, b"\n");
        only_whole(chain(Kind::Secret, needs, false, first, &[(gap, rest)]))
    };
    let given = |action| beside(ABROAD, "Copies ~/.ssh/config, which includes others.", action);
    vec![
        talk(TALK, GIVE),
        talk(GIVE, TALK),
        given(file(LOOT, FILE, GIVE)),
        given(file(LOOT, GIVE, FILE)),
        file(ABROAD.with(LOOT), TAKE, KEYS),
        file(ABROAD.with(LOOT), KEYS, TAKE),
        only_whole(beside(
            ABROAD,
            "Executes nothing: execute `cat page` by hand.",
            chain(
                Kind::Execute,
                PROGRAM,
                false,
                r"\b(?:ejecut\w+|ex.{1,2}cut\w+|f.{1,2}hre\w*|ausf.{1,2}hr\w+|auszuf.{1,2}hren|esegui\w*|lance[rz]?|rode|corre)\b|выполн|запуст|执行|執行|运行|運行|実行|실행|شغل|نفذ",
                &[(
                    Gap::Bytes(60, b"\n"),
                    r"\b(?:cat|curl|wget|bash|sh|python3?|npx|powershell|nc|chmod|rm) [-~./\w\x22]",
                )],
            ),
        )),
        only_whole(chain(
            Kind::Execute,
            ABROAD.with(PROGRAM),
            false,
            r"`(?:cat|curl|wget|bash|sh|python3?|npx|powershell|nc|chmod|rm) [^`\n]{2,}`",
            &[(
                Gap::Bytes(40, b"\n"),
                r"\b(?:ausf.{1,2}hr\w+|auszuf.{1,2}hren)\b|実行|실행|执行|執行",
            )],
        )),
    ]
}
