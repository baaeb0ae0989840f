"""The audit in words: what each action is called, and what is the matter with a broken chain."""

from __future__ import annotations

from mailer.store.audit import Broken

#: Actions whose words do not come out of verb and noun.
_WHOLE: dict[str, str] = {
    "login": "登录",
    "login.failed": "登录失败",
    "logout": "退出",
    "account.roles_changed": "换角色",
    "account.password_changed": "改自己的密码",
    "account.password_reset": "重设密码",
    "account.recovery_codes_made": "换恢复码",
    "account.sessions_ended": "退出全部登录",
    "account.totp_on": "启用动态码",
    "account.totp_off": "关掉动态码",
    "acknowledgement.entered": "登记签收",
    "acknowledgement.signed": "签收",
    "acknowledgement.undone": "撤销签收",
    "address.suppressed": "停发邮箱",
    "approval_sheet.viewed": "查看核签单",
    "audit.verified": "检查审计链",
    "bulletin.look_set": "换刊物样式",
    "calendar.kept": "换工作日历",
    "finding.waived": "放行检查出的问题",
    "finding.waiver_withdrawn": "收回放行",
    "house.set": "设人手与核签方式",
    "import.file_removed": "去掉导入的文件",
    "issue.attached": "加附件",
    "issue.correction_ordered": "更正已发的期刊",
    "issue.detached": "去附件",
    "issue.follow_up_approved": "核签更正或撤回",
    "issue.follow_up_given_up": "放弃更正或撤回",
    "issue.recall_ordered": "撤回已发的期刊",
    "list.member_added": "单独加人",
    "list.member_excluded": "单独去人",
    "list.member_left_to_rules": "改由规则决定",
    "list.policy_set": "设名单办法",
    "list.rule_added": "加名单规则",
    "list.rule_removed": "去名单规则",
    "mailing.reminded": "催办",
    "mailing.taken_back": "撤销发送",
    "mailing.resent": "补发",
    "person.left": "登记离任",
    "recipients.import_undone": "撤销导入",
    "recipients.searched": "查找人员",
    "relay.probed": "试连发信服务器",
    "doctor.run": "自检",
    "person.exported": "导出个人信息",
    "person.erased": "删除个人信息",
    "database.moved": "数据库搬到 PostgreSQL",
    "retention.run": "清理到期数据",
    "sheet.viewed": "打印发送单",
    "task.address_corrected": "电话核实：改邮箱",
    "task.address_still_valid": "电话核实：邮箱仍可用",
    "task.person_left": "电话核实：已离任",
    "unit.alias_added": "加单位别名",
    "unit.arranged": "排单位次序",
    "unit.regrouped": "换单位类别",
}

_NOUNS = {
    "account": "帐户",
    "address": "邮箱",
    "audience": "收件人",
    "audit": "审计",
    "backup": "备份",
    "bulletin": "刊物",
    "calendar": "工作日历",
    "delivery": "收件人经过",
    "import": "导入",
    "issue": "期刊",
    "key": "接口密钥",
    "ledger": "台账",
    "list": "名单",
    "lists": "名单",
    "mailing": "发送",
    "person": "人员",
    "recipients": "名单",
    "report": "台账",
    "request": "要求",
    "requests": "要求",
    "return": "退信",
    "returns": "退信",
    "settings": "设置",
    "suppression": "停发",
    "suppressions": "停发",
    "task": "待办",
    "tasks": "待办",
    "unit": "单位",
    "webhook": "回调",
}

_VERBS = {
    "accepted": "收下",
    "added": "建立",
    "approved": "核签",
    "archived": "归档",
    "assigned": "指定",
    "cancelled": "取消",
    "changed": "修改",
    "closed": "撤销",
    "confirmed": "确认",
    "corrected": "修改",
    "created": "建立",
    "disabled": "停用",
    "discarded": "放弃",
    "dismissed": "不予处理",
    "done": "办结",
    "enabled": "恢复",
    "entered": "登记",
    "exported": "导出",
    "granted": "准予",
    "held": "停下",
    "imported": "导入",
    "lifted": "解除",
    "made": "准备",
    "merged": "合并",
    "paused": "暂停",
    "refused": "不准",
    "released": "放行",
    "removed": "去掉",
    "renamed": "改名",
    "restored": "恢复",
    "revoked": "撤销",
    "resumed": "继续",
    "reworded": "改写",
    "scheduled": "定时",
    "taken": "收录",
    "uploaded": "上传",
    "viewed": "查看",
}

GROUPS: tuple[tuple[str, str], ...] = (
    ("", "全部"),
    ("log", "登录、退出"),
    ("account.", "帐户"),
    ("key.", "接口密钥"),
    ("webhook.", "回调"),
    ("issue.", "期刊"),
    ("mailing.", "发送"),
    ("report.", "导出台账"),
    ("recipients.", "名单"),
    ("import.", "导入"),
    ("unit.", "单位"),
    ("person.", "人员"),
    ("list.", "名单规则"),
    ("request.", "收件人的要求"),
    ("suppression.", "停发"),
    ("return.", "退信"),
    ("task.", "待办"),
    ("audit.", "审计"),
)

_SUBJECTS = _NOUNS | {
    "delivery": "投递",
    "holder": "人员",
    "import_draft": "导入",
    "mailing": "批次",
    "reports": "报表",
    "revision": "修订",
}

_DETAILS = {
    "address": "邮箱",
    "alias": "别名",
    "at": "自",
    "because": "依据",
    "broken": "不符",
    "channel": "途径",
    "code": "代码",
    "digest": "摘要",
    "ended": "去掉",
    "added": "新增",
    "changed": "变动",
    "evidence": "凭据",
    "file": "文件",
    "files": "文件",
    "format": "格式",
    "group": "类别",
    "how": "方式",
    "into": "并入",
    "key": "批次标识",
    "lists": "名单",
    "mailings": "批次",
    "mode": "方式",
    "name": "名称",
    "new": "新",
    "ok": "成功",
    "old": "旧",
    "people": "人数",
    "period": "时段",
    "post": "岗位",
    "reason": "原因",
    "records": "条数",
    "revision": "修订",
    "roles": "角色",
    "rows": "份数",
    "rule": "规则",
    "said": "答复",
    "scope": "范围",
    "sessions": "处数",
    "signer": "核签人",
    "size": "大小",
    "source": "来源",
    "unit": "单位",
    "units": "单位",
    "until": "到",
    "who": "谁",
    "wish": "要求",
    "withheld": "停下",
    "words": "说明",
}


def action_words(action: str) -> str:
    """The action as a person would call it; the action itself where there are no words."""
    noun, _, verb = action.partition(".")
    if action in _WHOLE:
        return _WHOLE[action]
    return f"{_VERBS[verb]}{_NOUNS[noun]}" if noun in _NOUNS and verb in _VERBS else action


def detail_words(name: str) -> str:
    """What a fact of a record is called."""
    return _DETAILS.get(name, name)


def subject_words(subject: str) -> str:
    """«批次 7» for «mailing:7»."""
    kind, colon, name = subject.partition(":")
    if not colon:
        return ""  # the action says it all: the audit, the settings, the house
    return f"{_SUBJECTS[kind]} {name}" if kind in _SUBJECTS else subject


def actor_words(actor: str) -> str:
    """«何小满» for «account:何小满»; who sits at the server's terminal is told as such."""
    kind, colon, name = actor.partition(":")
    if not colon or kind == "system":
        return {"system": "程序", "console": "登录页"}.get(kind, actor)
    words = {
        "account": name,
        "cli": f"服务器上的 {name}",
        "key": f"接口密钥 {name}",
        "recipient": f"收件人（第 {name} 件的链接）",
        "join": f"申请人（加入申请 {name}）",
    }
    return words.get(kind, actor)


def broken_words(broken: Broken) -> str:
    """Which record, and what happened to it."""
    number = broken.record_id
    match broken.why:
        case "missing" if broken.to == number:
            return f"第 {number} 条不见了。"
        case "missing":
            return f"第 {number} 到 {broken.to} 条不见了。"
        case "cut" if broken.to == number:
            return f"末尾被截断：第 {number} 条不见了。"
        case "cut":
            return f"末尾被截断：第 {number} 到 {broken.to} 条不见了。"
        case "moved":
            return f"第 {number} 条的位置上是原来的第 {broken.to} 条：次序被调换。"
        case "witness":
            return f"第 {number} 条不是当时存证的那一条：其后的记录被重写过。"
        case _:
            return f"第 {number} 条被改动过。"
