"""Job types and the skills that they ask for."""

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.job_shape import NamedThing
from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import Flag, Link, Ref, hex_sql, wire_name
from firstfix.domain.catalogue import commands
from firstfix.domain.people.permissions import MANAGE_CATALOGUE, VIEW_CATALOGUE


class JobTypeBody(Struct, kw_only=True, rename=wire_name):
    """The body of a job type. `skills` are replaced whole."""

    name: str | UnsetType | None = UNSET
    is_archived: Flag | UnsetType | None = UNSET
    skills: list[Ref] | UnsetType | None = UNSET


class JobTypeItem(Struct, kw_only=True):
    """A kind of work."""

    uuid: str
    name: str
    archived: bool
    skills: list[NamedThing]
    link: Link


class SkillBody(Struct, kw_only=True):
    """The body of a skill."""

    name: str | UnsetType | None = UNSET


class SkillItem(Struct, kw_only=True):
    """What somebody must be able to do."""

    uuid: str
    name: str
    link: Link


JOB_TYPES = Resource(
    entity="JobType",
    plural="job types",
    path="/jobtype",
    table="job_types",
    shape=JobTypeItem,
    item=f"""
    job_types.name,
    job_types.archived_at IS NOT NULL AS archived,
    (SELECT coalesce(json_agg(json_build_object('uuid', {hex_sql("skills.uuid")}, 'name', skills.name)
            ORDER BY skills.name), '[]')
        FROM job_type_skills JOIN skills ON skills.organisation_id = job_type_skills.organisation_id
            AND skills.id = job_type_skills.skill_id
        WHERE job_type_skills.organisation_id = job_types.organisation_id
            AND job_type_skills.job_type_id = job_types.id) AS skills""",  # noqa: S608 (pieces of ours)
    filters={"name": Filter("job_types.name")},
    sorts={"name": ("job_types.name",)},
    read_keys=VIEW_CATALOGUE,
)
SKILLS = Resource(
    entity="Skill",
    plural="skills",
    path="/skill",
    table="skills",
    shape=SkillItem,
    item="skills.name",
    filters={"name": Filter("skills.name")},
    sorts={"name": ("skills.name",)},
    read_keys=VIEW_CATALOGUE,
)

serve(
    JOB_TYPES,
    Writes(
        key=MANAGE_CATALOGUE,
        body=JobTypeBody,
        create=commands.add_job_type,
        change=commands.change_job_type,
        remove=commands.remove_job_type,
    ),
)
serve(
    SKILLS,
    Writes(
        key=MANAGE_CATALOGUE,
        body=SkillBody,
        create=commands.add_skill,
        change=commands.change_skill,
        remove=commands.remove_skill,
    ),
)
