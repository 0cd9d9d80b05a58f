"""The list of issues, an issue, and what a person may do with it."""

from fastapi import APIRouter

from bridge.web.issues import actions, advice, following, groups, merging, outages, pages, tickets

__all__ = ["router"]

router = APIRouter()
for part in (pages, actions, advice, tickets, groups, merging, outages, following):
    router.include_router(part.router)
