"""Routes about the site and its set-up: nothing here changes anything but versions."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import Response

from integrations.jira.sandbox import catalog, present, tickets, versions
from integrations.jira.sandbox.calls import AnyCall, Call, KnownCall, answer
from integrations.jira.sandbox.catalog import FieldSpec
from integrations.jira.sandbox.clock import jira_time
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.fields import create_screen, edit_screen
from integrations.jira.sandbox.records import Json, Version
from integrations.jira.sandbox.site import Site

router = APIRouter()


@router.get("/serverInfo")
async def server_info(call: AnyCall) -> Response:
    """Open to everybody, as on a real site."""
    return answer(
        {
            "baseUrl": call.site.base,
            "displayUrl": call.site.base,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_000,
            "buildDate": "2026-01-01T00:00:00.000+0000",
            "serverTime": jira_time(call.site.store.now()),
            "scmInfo": "sandbox",
            "serverTitle": "Jira sandbox",
            "serverTimeZone": "Etc/UTC",
        }
    )


@router.get("/myself")
async def myself(call: KnownCall) -> Response:
    return answer(present.user(call.site))


@router.get("/mypermissions")
async def my_permissions(call: KnownCall) -> Response:
    asked = [name for name in call.query.get("permissions", "").split(",") if name]
    if not asked:
        raise JiraRefusal(400, "The 'permissions' query parameter is required.")
    if "projectKey" in call.query:
        check_project(call.site, call.query["projectKey"])
    known = {item.name: item for item in catalog.PERMISSIONS}
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise JiraRefusal(400, f"Unrecognized permission: {unknown[0]}")
    return answer(
        {
            "permissions": {
                name: {
                    "id": known[name].id,
                    "key": name,
                    "name": name.replace("_", " ").title(),
                    "type": "GLOBAL" if name == "ADMINISTER" else "PROJECT",
                    "description": "",
                    "havePermission": not call.site.lacks(name),
                }
                for name in asked
            }
        }
    )


def check_project(site: Site, reference: str) -> None:
    """404 unless this is the project's key or id."""
    is_ours = reference.upper() == site.project or reference == catalog.PROJECT_ID
    if not is_ours or site.lacks("BROWSE_PROJECTS"):
        raise JiraRefusal(404, f"No project could be found with key '{reference}'.")


@router.get("/project/{reference}")
async def project(call: KnownCall, reference: str) -> Response:
    check_project(call.site, reference)
    shown = present.project(call.site) | {
        "description": "",
        "lead": present.user(call.site),
        "components": [],
        "issueTypes": [present.issue_type(call.site, item) for item in call.site.issue_types],
        "versions": [present.version(call.site, item) for item in _versions(call.site)],
        "assigneeType": "UNASSIGNED",
        "style": "classic",
        "isPrivate": False,
    }
    return answer(shown)


def _versions(site: Site) -> list[Version]:
    return site.store.records(Version)


@router.get("/project/{reference}/versions")
async def project_versions(call: KnownCall, reference: str) -> Response:
    check_project(call.site, reference)
    return answer([present.version(call.site, item) for item in _versions(call.site)])


@router.get("/project/{reference}/statuses")
async def project_statuses(call: KnownCall, reference: str) -> Response:
    check_project(call.site, reference)
    statuses = [present.status(call.site, item) for item in catalog.STATUSES]
    return answer(
        [
            {
                "self": call.site.rest(f"issuetype/{item.id}"),
                "id": item.id,
                "name": item.name,
                "subtask": False,
                "statuses": statuses,
            }
            for item in call.site.issue_types
        ]
    )


@router.post("/version")
async def create_version(call: KnownCall) -> Response:
    return answer(present.version(call.site, versions.create(call.site, call.body)), 201)


@router.get("/version/{id}")
async def version(call: KnownCall, id: str) -> Response:
    return answer(present.version(call.site, versions.get(call.site, id)))


@router.put("/version/{id}")
async def edit_version(call: KnownCall, id: str) -> Response:
    return answer(present.version(call.site, versions.edit(call.site, id, call.body)))


@router.get("/field")
async def fields(call: KnownCall) -> Response:
    return answer([_field(spec) for spec in catalog.FIELDS])


def _field(spec: FieldSpec) -> Json:
    is_custom = spec.custom_type is not None
    clauses = [spec.id]
    if is_custom:
        clauses = [f"cf[{spec.id.rpartition('_')[2]}]", spec.name]
    return {
        "id": spec.id,
        "key": spec.id,
        "name": spec.name,
        "custom": is_custom,
        "orderable": spec.on_screen,
        "navigable": spec.id != "comment",
        "searchable": True,
        "clauseNames": clauses,
        "schema": present.field_schema(spec),
    }


@router.get("/priority")
async def priorities(call: KnownCall) -> Response:
    return answer([present.priority(call.site, item) for item in catalog.PRIORITIES])


@router.get("/resolution")
async def resolutions(call: KnownCall) -> Response:
    items = catalog.RESOLUTIONS
    return answer([present.named(call.site, "resolution", item) for item in items])


@router.get("/status")
async def statuses(call: KnownCall) -> Response:
    return answer([present.status(call.site, item) for item in catalog.STATUSES])


@router.get("/statuscategory")
async def status_categories(call: KnownCall) -> Response:
    return answer([present.category(call.site, item) for item in catalog.CATEGORIES])


@router.get("/issuetype")
async def issue_types(call: KnownCall) -> Response:
    return answer([present.issue_type(call.site, item) for item in call.site.issue_types])


@router.get("/issueLinkType")
async def link_types(call: KnownCall) -> Response:
    items = [present.link_type(call.site, item) for item in catalog.LINK_TYPES]
    return answer({"issueLinkTypes": items})


@router.get("/issue/createmeta/{reference}/issuetypes")
async def create_meta(call: KnownCall, reference: str) -> Response:
    check_project(call.site, reference)
    items = [present.issue_type(call.site, item) for item in call.site.issue_types]
    return answer(_page(call, "issueTypes", items))


@router.get("/issue/createmeta/{reference}/issuetypes/{id}")
async def create_meta_fields(call: KnownCall, reference: str, id: str) -> Response:
    check_project(call.site, reference)
    if id not in {item.id for item in call.site.issue_types}:
        raise JiraRefusal(400, f"Issue type with id '{id}' is not valid for this project.")
    items = [
        {"fieldId": spec.id, **_meta(call.site, spec)} for spec in create_screen(call.site).values()
    ]
    return answer(_page(call, "fields", items))


@router.get("/issue/{reference}/editmeta")
async def edit_meta(call: KnownCall, reference: str) -> Response:
    tickets.get(call.site, reference)
    return answer(
        {"fields": {id: _meta(call.site, spec) for id, spec in edit_screen(call.site).items()}}
    )


def _page(call: Call, name: str, items: Sequence[Json]) -> Json:
    start, most = call.number("startAt", 0), call.number("maxResults", 50)
    if start < 0 or not 0 < most <= 200:
        raise JiraRefusal(400, "'startAt' or 'maxResults' is out of range.")
    shown = items[start : start + most]
    return {"startAt": start, "maxResults": most, "total": len(items), name: list(shown)}


def _meta(site: Site, spec: FieldSpec) -> Json:
    """A field as the screens describe it."""
    allowed: dict[str, list[Json]] = {
        "project": [present.project(site)],
        "issuetype": [present.issue_type(site, item) for item in site.issue_types],
        "priority": [present.priority(site, item) for item in catalog.PRIORITIES],
        "fixVersions": [present.version(site, item) for item in _versions(site)],
        "versions": [present.version(site, item) for item in _versions(site)],
        catalog.SEVERITY_FIELD: [present.option(site, item) for item in catalog.SEVERITIES],
    }
    shown: Json = {
        "required": spec.required,
        "schema": present.field_schema(spec),
        "name": spec.name,
        "key": spec.id,
        "hasDefaultValue": spec.id == "priority",
        "operations": list(spec.operations),
    }
    if spec.id == "priority":
        shown["defaultValue"] = present.priority(site, catalog.FIRST_PRIORITY)
    if spec.id in allowed:
        shown["allowedValues"] = allowed[spec.id]
    return shown
