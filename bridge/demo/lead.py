"""The demo's support lead: workarounds, the outage, and what customers may read."""

from bridge.demo.story import LEAD, VISITOR_EMAIL
from bridge.demo.topics import Topic
from bridge.domain.issues import Issue
from bridge.domain.people import Actor
from bridge.domain.products import Product
from bridge.domain.workarounds import Audience
from bridge.redaction import redact
from bridge.steps.context import Context
from bridge.steps.known import show_to_customers
from bridge.steps.moves import Cause
from bridge.steps.outage import declare_outage
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.known import KnownPage

_TO_TELL = "The desk cannot be reached. Bookings made before are safe."
_SHOWN = {
    "login-outage": _TO_TELL,
    "week-view-crash": "The app can close when you open the week view.",
    "discount-dropped": "A discount on a quote can be missing on the invoice. Please check it.",
    "reminder-sms-twice": "Your customers may get a reminder twice.",
    "one-hour-off": "Appointments can be shown one hour off.",
}
"""Topics that customers may read about, and the words for them."""
_FOLLOWED = ("login-outage", "week-view-crash", "discount-dropped", "booking-page-blank")
"""Topics of which whoever looks at the demo wants to be told."""


class Lead:
    """What one person decides on the way."""

    def __init__(self, product: Product, context: Context) -> None:
        self._product = product
        self._context = context
        self._helped: set[int] = set()
        self._shown: set[str] = set()
        self._has_declared = False

    def open_known_issues(self, store: Store) -> None:
        """Everybody may read the product's known issues."""
        store.known.set_page(self._product.id, KnownPage(is_public=True))

    def help_agents(self, issue: Issue, topic: Topic, store: Store) -> None:
        """Write down the workaround, and tell customers where they should know."""
        if issue.id in self._helped:
            return
        self._helped.add(issue.id)
        if topic.slug in _FOLLOWED:
            store.notices.follow(store.people.known(VISITOR_EMAIL).id, issue.id)
        if topic.workaround is not None:
            store.workarounds.add(
                issue,
                redact(topic.workaround),
                audience=Audience.CUSTOMER,
                versions=(),
                owner=LEAD.email,
                now=self._context.now(),
            )
        if topic.slug in _SHOWN and topic.slug not in self._shown:
            self._shown.add(topic.slug)
            show_to_customers(
                issue,
                title=topic.title,
                text=_SHOWN[topic.slug],
                workaround=topic.workaround or "",
                store=store,
                cause=self._cause(),
            )

    def declare(self, issue: Issue, store: Store) -> None:
        """Tell the whole team of the outage, once: it is one, in whatever languages it comes."""
        if self._has_declared:
            return
        self._has_declared = True
        locked = store.issues.get(self._product.id, issue.id, lock=True)
        declare_outage(locked, _TO_TELL, self.telling(store))

    def telling(self, store: Store) -> Telling:
        """The lead, telling people."""
        return Telling(self._product, store, self._context, self._cause())

    def _cause(self) -> Cause:
        return Cause(Actor("person", LEAD.email), self._context.now(), origin="page")
