"""The blank form that units fill in. Owns its columns, which the export has too, and what is said about them. Pure."""

from __future__ import annotations

HEADER = ("分组", "单位", "姓名", "人员类别", "职务", "电话", "邮箱", "代收人", "必达", "名单", "备注")

# No word of these stands alone in a cell beside another: nobody's import must take this sheet for a list.
HINTS: tuple[tuple[str, ...], ...] = (
    ("怎样填写“人员名单”这张表",),
    ("分组：单位所属的一类，如 领导、镇街、委办局。写“领导”的单位列入“报”。",),
    ("单位：写全称。同一单位的人可以只在第一行写。",),
    ("姓名：一人一行；单位公用的邮箱可以不写姓名。",),
    ("人员类别：主要领导、主管领导、信息员，或其他。前三种列入“发”。",),
    ("职务、电话：没有的留空。",),
    ("邮箱：多个之间用分号隔开；没有的写“无”。",),
    ("代收人：邮箱不是本人的，写明由谁代收。",),
    ("必达：一定要收到的人写“是”，邮件不到时由人送达。",),
    ("名单：一般留空；要单独列入的写 报、送、发，几个之间用顿号。",),
    ("备注：不用邮件的写“只收纸质”。",),
)
