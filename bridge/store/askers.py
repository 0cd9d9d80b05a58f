"""What is known about a customer who asks for help."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.scope import Asker
from bridge.store.identities import living_customer
from bridge.store.tables import AccountRow, ContactRow, CustomerRow


class Askers:
    """Reads the version and the segment of a customer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_customer(self, product_id: ProductId, customer_id: int) -> Asker:
        """The newest version that their contacts name, and the tier of their account."""
        version = (
            select(ContactRow.version)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                ContactRow.product_id == product_id,
                living_customer() == customer_id,
                ContactRow.version.is_not(None),
            )
            .order_by(ContactRow.occurred_at.desc(), ContactRow.id.desc())
            .limit(1)
        )
        tier = (
            select(AccountRow.tier)
            .join(CustomerRow, CustomerRow.account_id == AccountRow.id)
            .where(CustomerRow.id == customer_id, CustomerRow.product_id == product_id)
        )
        return Asker(
            version=self._session.scalars(version).first(),
            segment=self._session.scalars(tier).first(),
        )
