"""Where a person stands: organisations as they come, one perhaps twice, their ids as one text.

Nobody need sort and group them: whoever reads makes sets of them. One text is taken up at once, and known again. Nor
need anybody look which of them have something that is not public: it costs more than their labels, now that those are
short and go to Solr fifty in one.

Revision ID: pole_access_007
Revises: pole_access_006
"""

from __future__ import annotations

from alembic import op

revision = "pole_access_007"
down_revision = "pole_access_006"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION pole_stands(person text, cascading text[], deepest integer)
RETURNS TABLE (
    fact text, ids text, id text, policy text, org text, mark boolean, since timestamptz, until timestamptz
)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE reached AS (
        SELECT m.group_id, m.capacity, true AS named, 0 AS depth
        FROM member m
        WHERE m.table_id = person AND m.table_name = 'user' AND m.state = 'active'
            AND m.capacity IN ('admin', 'editor', 'member')
        UNION
        SELECT child.group_id, reached.capacity, false, reached.depth + 1
        FROM member child JOIN reached ON child.table_id = reached.group_id
        WHERE child.table_name = 'group' AND child.state = 'active'
            AND reached.capacity = ANY(cascading) AND reached.depth < deepest
    ), org AS (
        SELECT o.id, reached.named, reached.capacity
        FROM reached JOIN "group" o ON o.id = reached.group_id AND o.state = 'active' AND o.is_organization
    ), marked AS (
        SELECT id,
            chr(ascii('@') + named::int + 2 * (capacity <> 'member')::int + 4 * (capacity = 'admin')::int) AS mark
        FROM org
    )
    SELECT 'organisations' AS fact, string_agg(id, E'\\n') AS ids, string_agg(mark, '') AS id, '' AS policy, '' AS org,
        false AS mark, NULL::timestamptz AS since, NULL::timestamptz AS until
    FROM marked
    UNION ALL
    SELECT 'agreement', NULL, a.id, a.policy_id, a.org_id, a.state = 'suspended', a.valid_from, a.valid_until
    FROM pole_agreement a
    WHERE a.org_id IN (SELECT id FROM org WHERE named) AND a.state IN ('active', 'suspended')
    UNION ALL
    SELECT 'request', NULL, r.id, r.policy_id, '', r.state = 'approved', r.decided_at, r.grant_until
    FROM pole_access_request r
    WHERE r.user_id = person AND r.state IN ('submitted', 'returned', 'approved')
    UNION ALL
    SELECT 'terms', NULL, '', last.policy_id, '', NOT last.withdrawn AND last.terms_version = p.terms_version, NULL,
        NULL
    FROM (
        SELECT DISTINCT ON (policy_id) policy_id, terms_version, withdrawn
        FROM pole_acceptance WHERE user_id = person ORDER BY policy_id, id DESC
    ) last JOIN pole_policy p ON p.id = last.policy_id
    UNION ALL
    SELECT 'suspended', NULL, reason, policy_id, owner_org, false, NULL, NULL
    FROM pole_access_suspension WHERE user_id = person AND lifted IS NULL
    UNION ALL
    SELECT 'policy', NULL, '', p.id, p.owner_org, false, NULL, NULL
    FROM pole_policy p
    WHERE p.id IN (
        SELECT a.policy_id FROM pole_agreement a WHERE a.org_id IN (SELECT id FROM org WHERE named)
        UNION SELECT policy_id FROM pole_access_request WHERE user_id = person
        UNION SELECT policy_id FROM pole_acceptance WHERE user_id = person
    );
END
$$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("DROP FUNCTION IF EXISTS pole_standing(text, text[], integer)")
    op.execute("DROP INDEX IF EXISTS pole_package_not_public")


def downgrade() -> None:
    scripts = op.get_context().environment_context.script  # pyright: ignore[reportOptionalMemberAccess]
    scripts.get_revision("pole_access_004").module.upgrade()
    op.execute(scripts.get_revision("pole_access_006").module.FUNCTION)
    op.execute("DROP FUNCTION IF EXISTS pole_stands(text, text[], integer)")
