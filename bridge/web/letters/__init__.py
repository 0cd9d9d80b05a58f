"""Letters to customers, as a lead drafts, reads, approves and sends them."""

from fastapi import APIRouter

from bridge.web.letters import editing, pages

__all__ = ["router"]

router = APIRouter()
router.include_router(editing.router)
router.include_router(pages.router)
