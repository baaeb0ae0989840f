"""Reports in Chinese: QQ, Coremail, NetEase, Sina, Aliyun, and foreign systems in Chinese dress."""

from __future__ import annotations

from tests.unit.feedback.text_samples import LI, QUOTED, WANG, sample

CHINESE = (
    sample(
        "qq",
        f"很抱歉，您发送的邮件被退回，以下是该邮件的相关信息：\n被退回邮件主题：工作快报\n时间：2026-03-02 18:00:00\n无法发送到{LI}\n退信原因收件人邮箱不存在。\nhost mx.post.example[192.0.2.25] said: 550 Mailbox not found\n解决方案请联系您的收件人，重新核实邮箱地址。\n",
        (LI, "bounce", "userunknown"),
        sender="PostMaster <PostMaster@qq.example>",
        subject="系统退信",
    ),
    sample(
        "coremail-text",
        f"抱歉，您的邮件被退回来了……\n\n原邮件信息：\n时　间 2026-03-02 18:00:00\n主　题 工作快报\n收件人：{LI}\n\n退信原因：收件人的邮箱已满，暂时无法接收邮件。\n英文说明：552 Quota exceeded\n",
        (LI, "bounce", "mailboxfull"),
        sender="Postmaster@post.example",
        subject="系统退信/Systems bounce",
    ),
    sample(
        "netease",
        f"您的邮件被退回来了，原因如下：\n收件人邮件地址（{LI}）不存在，邮件无法送达。\nSMTP error, RCPT TO: Host post.example(192.0.2.25) said: 550 User not found\n",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="系统退信",
    ),
    sample(
        "sina",
        f"您好！\n您发往 {LI} 的邮件投递失败，被系统退回。\n失败原因：对方邮箱空间已满。\n",
        (LI, "bounce", "mailboxfull"),
        sender="新浪邮箱 <mailer-daemon@relay.example>",
        subject="邮件投递失败通知",
    ),
    sample(
        "aliyun",
        f"您的邮件无法投递到以下收件人：\n\n{LI}\n\n原因：550 RCPT TO ERROR: user not exist\n\n----- 邮件原文 -----\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON <postmaster@relay.example>",
        subject="退信通知",
    ),
    sample(
        "chinese-delay",
        f"您发送给 {LI} 的邮件暂时无法投递，系统将会重试 72 小时。\n原因：连接超时\n",
        (LI, "delayed", "networkerror"),
        sender="Postmaster <postmaster@relay.example>",
        subject="投递延迟通知",
    ),
    sample(
        "exchange-chinese",
        f"传递给以下收件人或组失败:\n\n{LI}\n未找到你输入的电子邮件地址。请检查收件人的电子邮件地址，然后尝试重新发送邮件。\n\n供管理员使用的诊断信息:\n\n生成服务器: mail.post.example\n\n{LI}\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\n原始邮件头:\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@post.example>",
        subject="无法传递: 工作快报",
    ),
    sample(
        "gmail-chinese",
        f"** 找不到地址 **\n\n您的邮件未送达 {LI}，因为系统找不到该地址或该地址无法接收邮件。\n",
        (LI, "bounce", "userunknown"),
        sender="Mail Delivery Subsystem <mailer-daemon@relay.example>",
        subject="Delivery Status Notification (Failure)",
    ),
    sample(
        "chinese-domain",
        f"您的邮件被退回来了。\n收件人：{LI}\n退信原因：收件人域名 post.example 不存在，请核对。\n",
        (LI, "bounce", "hostunknown"),
        sender="Postmaster@relay.example",
        subject="系统退信",
    ),
    sample(
        "chinese-two",
        f"您发送给 {LI}、{WANG} 的邮件投递不成功。\n原因：收件人邮箱空间不足\n",
        (LI, "bounce", "mailboxfull"),
        (WANG, "bounce", "mailboxfull"),
        sender="Postmaster@relay.example",
        subject="退信",
    ),
)
