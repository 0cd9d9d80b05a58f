"""The product of the caller: what is told of it, and what counts as shipped."""

from fastapi import Depends

from bridge.api.deps import BODY_ANSWERS, Operator, Reader, answers, area, json_only
from bridge.api.signal_schemas import ProductIn, ProductOut
from bridge.domain.products import Product
from bridge.steps.ship_rule import set_ship_rule

router = area("product")


@router.get("/product", summary="Show the product", responses=answers())
def show_product(call: Reader) -> ProductOut:
    """With the rules that hold in it."""
    return _shown(call.product)


@router.patch(
    "/product",
    summary="Change the product",
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def change_product(body: ProductIn, call: Operator) -> ProductOut:
    """What a new rule ships that waited already follows at once."""
    changed = call.store.products.configure(
        call.product.id, **body.model_dump(exclude={"ship_rule"}, exclude_none=True)
    )
    if body.ship_rule is not None:
        changed = set_ship_rule(changed, body.ship_rule, store=call.store, cause=call.cause())
    return _shown(changed)


def _shown(one: Product) -> ProductOut:
    return ProductOut(
        slug=one.slug,
        name=one.name,
        region=one.region,
        min_contacts=one.min_contacts,
        min_customers=one.min_customers,
        filing_auto=one.filing_auto,
        on_regression=one.on_regression,
        full_percent=one.full_percent,
        ship_rule=one.ship_rule,
    )
