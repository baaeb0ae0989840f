"""Each reason in plain Chinese: what the other side said, and what the office does about it."""

from __future__ import annotations

from mailer.model.verdict import Owner

_NOTHING = "不用处理，系统会自动再试"
_CALL = "电话核实后改地址"

_REASONS: dict[str, tuple[str, str]] = {
    "userunknown": ("对方说没有这个邮箱", _CALL),
    "hostunknown": ("找不到收件地址 @ 后面的邮件域名", "核对 @ 后面的拼写；写得没错就电话核实后改地址"),
    "hasmoved": ("对方说这个邮箱已经换了地址", "按退信里给的新地址或电话核实后改地址"),
    "notaccept": ("对方的邮件系统不收任何来信", _CALL),
    "mailboxfull": ("对方邮箱已满", "电话请对方清理邮箱，然后补发"),
    "suspend": ("对方邮箱已停用或被冻结", "电话核实；对方恢复后补发，或改用新地址"),
    "filtered": ("对方的过滤规则拒收了这封信", "电话请对方把本刊发件地址加入白名单，然后补发"),
    "rejected": ("对方拒收本单位的发件地址", "请管理员核对发件地址；请对方管理员把发件地址加入白名单"),
    "blocked": ("对方封锁了我方的发信服务器", "请管理员联系对方或本单位邮件服务商申请解封"),
    "badreputation": ("对方认为我方发信服务器信誉低", "请管理员放慢发送，并联系邮件服务商处理信誉问题"),
    "requireptr": ("我方发信服务器的反向域名解析（PTR）不合要求", "请管理员请服务商设好 PTR 记录"),
    "spamdetected": ("对方把这期内容判为垃圾邮件", "停发本期，请管理员检查正文、链接和附件后再发"),
    "virusdetected": ("对方说邮件里有病毒", "停发本期，查杀附件后再发"),
    "policyviolation": ("邮件违反对方的收信规定", "看退信原文；改内容、附件，或请对方管理员放行"),
    "contenterror": ("对方读不了邮件的格式", "请管理员看退信原文，检查邮件格式"),
    "authfailure": ("我方域名的 SPF、DKIM 或 DMARC 验证没有通过", "请管理员核对域名的 SPF、DKIM、DMARC 记录"),
    "failedstarttls": ("与对方的加密连接没有建立", "请管理员检查 TLS 证书和加密设置"),
    "norelaying": ("服务器不肯代为转发这封信", "请管理员核对发信服务器的帐号和转发许可"),
    "securityerror": ("服务器要求登录验证或拒绝了我方登录", "请管理员核对发信帐号、密码和权限"),
    "notcompliantrfc": ("对方说邮件不合 RFC 格式规定", "请管理员看退信原文，报告给软件维护者"),
    "toomanyconn": ("同时建立的连接太多", _NOTHING + "；经常出现时请管理员减少连接数"),
    "speeding": ("发信速度或数量超过对方限制", _NOTHING + "；经常出现时请管理员放慢速度"),
    "greylisted": ("对方暂缓首次来信（灰名单）", _NOTHING),
    "expired": ("在规定时间内一直没能送到", "电话告知收件人，确认对方邮件系统恢复后补发"),
    "networkerror": ("连不上对方或连接中断", _NOTHING),
    "systemerror": ("对方邮件系统临时故障", _NOTHING),
    "systemfull": ("对方邮件系统存储空间不足", _NOTHING),
    "mailererror": ("对方邮箱的处理程序出错", "电话请对方管理员检查，然后补发"),
    "mesgtoobig": ("邮件太大，超过对方允许的大小", "减小附件或图片后补发"),
    "exceedlimit": ("邮件超过对方给这个邮箱定的大小上限", "减小附件或图片后补发，或请对方放宽上限"),
    "syntaxerror": ("对方不认我方发出的 SMTP 命令", "请管理员看日志，报告给软件维护者"),
    "onhold": ("对方的答复读不出原因", "看对方答复的原文，必要时电话核实"),
    "undefined": ("对方没有说明原因", "必要时电话核实是否收到"),
    "feedback": ("收件人把这封信举报为垃圾邮件", "停发给此人，或电话说明情况"),
    "vacation": ("自动回复，不是退信", "不用处理"),
    "delivered": ("对方确认已经送达", "不用处理"),
}

_BY_OWNER: dict[tuple[str, Owner], tuple[str, str]] = {
    ("suspend", Owner.SENDER): ("本单位的发信帐号被停用", "请管理员联系本单位邮件服务商恢复帐号"),
}


def explain(reason: str, owner: Owner) -> tuple[str, str]:
    """(cause, what to do), one line each. ``reason`` '' stands for a clean delivery. Total over ``REASONS``."""
    if not reason:
        return "", ""
    return _BY_OWNER.get((reason, owner)) or _REASONS[reason]
