"""The list of issues, an issue, and what a person may do with it."""

from fastapi import APIRouter

from bridge.web.issues import actions, groups, merging, outages, pages, tickets

__all__ = ["router"]

router = APIRouter()
for part in (pages, actions, tickets, groups, merging, outages):
    router.include_router(part.router)
