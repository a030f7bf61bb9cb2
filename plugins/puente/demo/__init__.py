"""A demo pair to try Puente on: the ERP of a Mexican tyre wholesaler and a small web shop.

Both have table designs of their own, nothing like the contract's; the profiles `demo_erp` and `demo_shop`
translate with SQL and YAML alone. All content comes from a seed, so two runs on two engines hold the same rows.

    data = generate()                      # plain rows per table, with a list of the defects planted in them
    create_erp(erp_engine); fill_erp(erp_engine, data); create_shop(shop_engine)
    ... capture and carry ...              # must yield expected_counts(1)
    change_round(erp_engine)
    ... capture and carry ...              # must yield expected_counts(2)
"""

from puente.demo.changes import ChangeReport, DemoStateError, change_round, changed
from puente.demo.erp import Defect, DemoErp, generate
from puente.demo.expected import expected_counts, expected_known
from puente.demo.load import create_erp, create_shop, fill_erp

__all__ = [
    "ChangeReport",
    "Defect",
    "DemoErp",
    "DemoStateError",
    "change_round",
    "changed",
    "create_erp",
    "create_shop",
    "expected_counts",
    "expected_known",
    "fill_erp",
    "generate",
]
