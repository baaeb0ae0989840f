"""First schema: the office's side and the recipients' side, both databases."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('actor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name', name='uq_actor_name')
    )
    op.create_table('audit_record',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('mac', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('bulletin',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('office', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code', name='uq_bulletin_code')
    )
    op.create_table('change_request',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('address_key', sa.String(length=254), nullable=False),
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(length=120), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('leave', 'hand_over', 'new_address', 'pause')", name='ck_change_request_kind'),
    sa.CheckConstraint("state IN ('open', 'granted', 'refused')", name='ck_change_request_state'),
    sa.PrimaryKeyConstraint('id', name='pk_change_request')
    )
    with op.batch_alter_table('change_request', schema=None) as batch_op:
        batch_op.create_index('ix_change_request_address_key', ['address_key'], unique=False)
        batch_op.create_index('ix_change_request_state', ['state'], unique=False)

    op.create_table('delivery_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('lease_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('phase', sa.String(), nullable=True),
    sa.Column('reply_code', sa.Integer(), nullable=True),
    sa.Column('reply_text', sa.Text(), nullable=True),
    sa.Column('host', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('fault', sa.String(), nullable=False),
    sa.Column('returned_mail_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('delivery_event', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_event_delivery', ['delivery_id'], unique=False)

    op.create_table('distribution_list',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('is_duty', sa.Boolean(), nullable=False),
    sa.Column('lane', sa.Integer(), nullable=False),
    sa.Column('phrase', sa.Text(), nullable=False),
    sa.Column('policy', sa.JSON(), nullable=False),
    sa.CheckConstraint('lane BETWEEN 1 AND 3', name='ck_distribution_list_lane'),
    sa.PrimaryKeyConstraint('id', name='pk_distribution_list'),
    sa.UniqueConstraint('bulletin_id', 'code', name='uq_distribution_list_bulletin_id_code')
    )
    op.create_table('domain_hold',
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('domain', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('mailing_id', 'domain')
    )
    op.create_table('house_fact',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('house_lease',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('house_sequence',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('next_value', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('import_run',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('file_hash', sa.String(length=64), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('ended', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('units_changed', sa.Integer(), nullable=False),
    sa.Column('units_before', sa.JSON(), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_import_run')
    )
    op.create_table('intake_folder',
    sa.Column('mailbox', sa.String(), nullable=False),
    sa.Column('folder', sa.String(), nullable=False),
    sa.Column('uid_validity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_uid', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('mailbox', 'folder')
    )
    op.create_table('lease',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('worker_id', sa.String(), nullable=False),
    sa.Column('epoch', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('begun_to', sa.Integer(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.create_index('ix_lease_state', ['state'], unique=False)
        batch_op.create_index('ix_lease_worker', ['worker_id'], unique=False)

    op.create_table('pace_grant',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('pace_grant', schema=None) as batch_op:
        batch_op.create_index('ix_pace_grant_scope', ['scope', 'at'], unique=False)

    op.create_table('recipient_address',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('wire', sa.String(length=254), nullable=False),
    sa.Column('address_key', sa.String(length=254), nullable=False),
    sa.Column('domain', sa.String(length=254), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_recipient_address'),
    sa.UniqueConstraint('address_key', name='uq_recipient_address_address_key')
    )
    with op.batch_alter_table('recipient_address', schema=None) as batch_op:
        batch_op.create_index('ix_recipient_address_domain', ['domain'], unique=False)

    op.create_table('returned_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('envelope_rcpt', sa.String(), nullable=False),
    sa.Column('sender', sa.String(), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('sha256', 'envelope_rcpt', name='uq_returned_mail')
    )
    with op.batch_alter_table('returned_mail', schema=None) as batch_op:
        batch_op.create_index('ix_returned_mail_state', ['state'], unique=False)

    op.create_table('suppression',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('address_key', sa.String(length=254), nullable=False),
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_by', sa.String(length=120), nullable=False),
    sa.Column('lifted_because', sa.Text(), nullable=False),
    sa.CheckConstraint("reason IN ('complaint', 'asked', 'office', 'hard_bounce')", name='ck_suppression_reason'),
    sa.PrimaryKeyConstraint('id', name='pk_suppression')
    )
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.create_index('ix_suppression_address_key', ['address_key'], unique=False)

    op.create_table('task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=True),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('dedupe_key', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('dedupe_key', name='uq_task_dedupe')
    )
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.create_index('ix_task_state', ['state'], unique=False)

    op.create_table('worker',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('host', sa.String(), nullable=False),
    sa.Column('boot_id', sa.String(), nullable=False),
    sa.Column('pid', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('journal', sa.String(), nullable=False),
    sa.Column('relay', sa.String(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('issue',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletin.id'], name='fk_issue_bulletin'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('bulletin_id', 'series', 'year', 'number', name='uq_issue_key')
    )
    op.create_table('list_rule',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('sign', sa.String(length=5), nullable=False),
    sa.Column('unit_group', sa.String(length=60), nullable=False),
    sa.Column('except_group', sa.String(length=60), nullable=False),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.CheckConstraint("sign IN ('plus', 'minus')", name='ck_list_rule_sign'),
    sa.ForeignKeyConstraint(['list_id'], ['distribution_list.id'], name='fk_list_rule_list_id_distribution_list'),
    sa.PrimaryKeyConstraint('id', name='pk_list_rule')
    )
    with op.batch_alter_table('list_rule', schema=None) as batch_op:
        batch_op.create_index('ix_list_rule_list_id', ['list_id'], unique=False)

    op.create_table('unit',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('unit_group', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into', sa.Integer(), nullable=True),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['import_id'], ['import_run.id'], name='fk_unit_import_id_import_run'),
    sa.ForeignKeyConstraint(['merged_into'], ['unit.id'], name='fk_unit_merged_into_unit'),
    sa.PrimaryKeyConstraint('id', name='pk_unit'),
    sa.UniqueConstraint('key', name='uq_unit_key')
    )
    op.create_table('issue_revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('source_name', sa.String(), nullable=False),
    sa.Column('source_sha256', sa.String(), nullable=False),
    sa.Column('source', sa.LargeBinary(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['issue_id'], ['issue.id'], name='fk_issue_revision_issue'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('issue_id', 'revision', name='uq_issue_revision')
    )
    op.create_table('post',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('role_key', sa.String(length=120), nullable=False),
    sa.Column('role', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name='fk_post_unit_id_unit'),
    sa.PrimaryKeyConstraint('id', name='pk_post'),
    sa.UniqueConstraint('unit_id', 'role_key', name='uq_post_unit_id_role_key')
    )
    op.create_table('unit_alias',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name='fk_unit_alias_unit_id_unit'),
    sa.PrimaryKeyConstraint('id', name='pk_unit_alias')
    )
    with op.batch_alter_table('unit_alias', schema=None) as batch_op:
        batch_op.create_index('ix_unit_alias_key', ['key'], unique=False)
        batch_op.create_index('ix_unit_alias_unit_id', ['unit_id'], unique=False)

    op.create_table('holder',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=200), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('paper_only', sa.Boolean(), nullable=False),
    sa.Column('care_of', sa.String(length=120), nullable=False),
    sa.Column('is_essential', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('ended_import_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['ended_import_id'], ['import_run.id'], name='fk_holder_ended_import_id_import_run'),
    sa.ForeignKeyConstraint(['import_id'], ['import_run.id'], name='fk_holder_import_id_import_run'),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name='fk_holder_post_id_post'),
    sa.PrimaryKeyConstraint('id', name='pk_holder')
    )
    with op.batch_alter_table('holder', schema=None) as batch_op:
        batch_op.create_index('ix_holder_ended_import_id', ['ended_import_id'], unique=False)
        batch_op.create_index('ix_holder_import_id', ['import_id'], unique=False)
        batch_op.create_index('ix_holder_post_id', ['post_id'], unique=False)
        batch_op.create_index('ix_holder_valid_to', ['valid_to'], unique=False)

    op.create_table('mailing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('content_key', sa.String(), nullable=False),
    sa.Column('lists', sa.String(), nullable=False),
    sa.Column('rehearsal', sa.Boolean(), nullable=False),
    sa.Column('from_address', sa.String(), nullable=False),
    sa.Column('from_name', sa.String(), nullable=False),
    sa.Column('reply_to', sa.String(), nullable=False),
    sa.Column('message_domain', sa.String(), nullable=False),
    sa.Column('boundary', sa.String(), nullable=False),
    sa.Column('dated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_doubt', sa.String(), nullable=False),
    sa.Column('recipients', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.String(), nullable=True),
    sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('first', 'correction', 'supplement', 'reminder', 'recall', 'test')", name='ck_mailing_kind'),
    sa.CheckConstraint("status IN ('draft', 'prepared', 'approved', 'scheduled', 'sending', 'paused', 'held', 'closed', 'cancelled')", name='ck_mailing_status'),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletin.id'], name='fk_mailing_bulletin'),
    sa.ForeignKeyConstraint(['revision_id'], ['issue_revision.id'], name='fk_mailing_revision'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key', name='uq_mailing_key')
    )
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.create_index('ix_mailing_status', ['status'], unique=False)

    op.create_table('delivery',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('list_code', sa.String(), nullable=False),
    sa.Column('lane', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('address_key', sa.String(), nullable=False),
    sa.Column('domain', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('doubts', sa.Integer(), nullable=False),
    sa.Column('crashes', sa.Integer(), nullable=False),
    sa.Column('returns', sa.Integer(), nullable=False),
    sa.Column('lease_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lease_seq', sa.Integer(), nullable=True),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('phase', sa.String(), nullable=True),
    sa.Column('reply_code', sa.Integer(), nullable=True),
    sa.Column('enhanced_status', sa.String(), nullable=True),
    sa.Column('reply_text', sa.Text(), nullable=True),
    sa.Column('host', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('fault', sa.String(), nullable=False),
    sa.Column('hard', sa.Boolean(), nullable=False),
    sa.Column('bounced_by', sa.String(), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('planned', 'withheld', 'queued', 'attempting', 'deferred', 'accepted', 'in_doubt', 'delivered', 'bounced', 'expired', 'cancelled')", name='ck_delivery_status'),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name='fk_delivery_mailing'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('mailing_id', 'address_key', name='uq_delivery_mailing_address')
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_address', ['address_key'], unique=False)
        batch_op.create_index('ix_delivery_lease', ['lease_id'], unique=False, sqlite_where=sa.text('lease_id IS NOT NULL'), postgresql_where=sa.text('lease_id IS NOT NULL'))
        batch_op.create_index('ix_delivery_queue', ['mailing_id', 'due_at', 'id'], unique=False, sqlite_where=sa.text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"), postgresql_where=sa.text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"))

    op.create_table('holder_address',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('holder_id', sa.Integer(), nullable=False),
    sa.Column('address_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_import_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['address_id'], ['recipient_address.id'], name='fk_holder_address_address_id_recipient_address'),
    sa.ForeignKeyConstraint(['holder_id'], ['holder.id'], name='fk_holder_address_holder_id_holder'),
    sa.PrimaryKeyConstraint('id', name='pk_holder_address')
    )
    with op.batch_alter_table('holder_address', schema=None) as batch_op:
        batch_op.create_index('ix_holder_address_address_id', ['address_id'], unique=False)
        batch_op.create_index('ix_holder_address_holder_id', ['holder_id'], unique=False)

    op.create_table('list_member',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('holder_id', sa.Integer(), nullable=False),
    sa.Column('sign', sa.String(length=5), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('ended_import_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("origin IN ('import', 'office')", name='ck_list_member_origin'),
    sa.CheckConstraint("sign IN ('plus', 'minus')", name='ck_list_member_sign'),
    sa.ForeignKeyConstraint(['holder_id'], ['holder.id'], name='fk_list_member_holder_id_holder'),
    sa.ForeignKeyConstraint(['list_id'], ['distribution_list.id'], name='fk_list_member_list_id_distribution_list'),
    sa.PrimaryKeyConstraint('id', name='pk_list_member')
    )
    with op.batch_alter_table('list_member', schema=None) as batch_op:
        batch_op.create_index('ix_list_member_holder_id', ['holder_id'], unique=False)
        batch_op.create_index('ix_list_member_list_id', ['list_id'], unique=False)

    op.create_table('mailing_content',
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('list_code', sa.String(), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name='fk_mailing_content_mailing'),
    sa.PrimaryKeyConstraint('mailing_id', 'list_code')
    )
    op.create_table('tally',
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('list_code', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name='fk_tally_mailing'),
    sa.PrimaryKeyConstraint('mailing_id', 'list_code', 'status')
    )
    op.create_table('duty',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_code', sa.String(), nullable=False),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('post', sa.String(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('holder_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name='fk_duty_delivery'),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name='fk_duty_mailing'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.create_index('ix_duty_delivery', ['delivery_id'], unique=False)
        batch_op.create_index('ix_duty_mailing', ['mailing_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.drop_index('ix_duty_mailing')
        batch_op.drop_index('ix_duty_delivery')

    op.drop_table('duty')
    op.drop_table('tally')
    op.drop_table('mailing_content')
    with op.batch_alter_table('list_member', schema=None) as batch_op:
        batch_op.drop_index('ix_list_member_list_id')
        batch_op.drop_index('ix_list_member_holder_id')

    op.drop_table('list_member')
    with op.batch_alter_table('holder_address', schema=None) as batch_op:
        batch_op.drop_index('ix_holder_address_holder_id')
        batch_op.drop_index('ix_holder_address_address_id')

    op.drop_table('holder_address')
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index('ix_delivery_queue', sqlite_where=sa.text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"), postgresql_where=sa.text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"))
        batch_op.drop_index('ix_delivery_lease', sqlite_where=sa.text('lease_id IS NOT NULL'), postgresql_where=sa.text('lease_id IS NOT NULL'))
        batch_op.drop_index('ix_delivery_address')

    op.drop_table('delivery')
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.drop_index('ix_mailing_status')

    op.drop_table('mailing')
    with op.batch_alter_table('holder', schema=None) as batch_op:
        batch_op.drop_index('ix_holder_valid_to')
        batch_op.drop_index('ix_holder_post_id')
        batch_op.drop_index('ix_holder_import_id')
        batch_op.drop_index('ix_holder_ended_import_id')

    op.drop_table('holder')
    with op.batch_alter_table('unit_alias', schema=None) as batch_op:
        batch_op.drop_index('ix_unit_alias_unit_id')
        batch_op.drop_index('ix_unit_alias_key')

    op.drop_table('unit_alias')
    op.drop_table('post')
    op.drop_table('issue_revision')
    op.drop_table('unit')
    with op.batch_alter_table('list_rule', schema=None) as batch_op:
        batch_op.drop_index('ix_list_rule_list_id')

    op.drop_table('list_rule')
    op.drop_table('issue')
    op.drop_table('worker')
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_index('ix_task_state')

    op.drop_table('task')
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.drop_index('ix_suppression_address_key')

    op.drop_table('suppression')
    with op.batch_alter_table('returned_mail', schema=None) as batch_op:
        batch_op.drop_index('ix_returned_mail_state')

    op.drop_table('returned_mail')
    with op.batch_alter_table('recipient_address', schema=None) as batch_op:
        batch_op.drop_index('ix_recipient_address_domain')

    op.drop_table('recipient_address')
    with op.batch_alter_table('pace_grant', schema=None) as batch_op:
        batch_op.drop_index('ix_pace_grant_scope')

    op.drop_table('pace_grant')
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.drop_index('ix_lease_worker')
        batch_op.drop_index('ix_lease_state')

    op.drop_table('lease')
    op.drop_table('intake_folder')
    op.drop_table('import_run')
    op.drop_table('house_sequence')
    op.drop_table('house_lease')
    op.drop_table('house_fact')
    op.drop_table('domain_hold')
    op.drop_table('distribution_list')
    with op.batch_alter_table('delivery_event', schema=None) as batch_op:
        batch_op.drop_index('ix_delivery_event_delivery')

    op.drop_table('delivery_event')
    with op.batch_alter_table('change_request', schema=None) as batch_op:
        batch_op.drop_index('ix_change_request_state')
        batch_op.drop_index('ix_change_request_address_key')

    op.drop_table('change_request')
    op.drop_table('bulletin')
    op.drop_table('audit_record')
    op.drop_table('actor')
