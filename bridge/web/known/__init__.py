"""Known issues: for everybody where a product says so, and the pages of those who say it."""

from fastapi import APIRouter

from bridge.web.known import editing, pages

__all__ = ["router"]

router = APIRouter()
router.include_router(editing.router)
router.include_router(pages.router)
