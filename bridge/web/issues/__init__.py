"""The list of issues, an issue, and what a person may do with it."""

from fastapi import APIRouter

from bridge.web.issues import actions, pages

__all__ = ["router"]

router = APIRouter()
router.include_router(pages.router)
router.include_router(actions.router)
