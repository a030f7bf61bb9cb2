"""Whether the links of config/links.yaml get in each other's way: no row and no table may belong to two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from puente.settings import Link, Settings
from puente.sync.findings import Finding

Where = Callable[[str], str]


def check_links(settings: Settings, link: Link, where: Where = str) -> Iterator[Finding]:
    """What is wrong with `link` beside the others. `where` names the database behind a connection id.

    A shop's tables have no column for the link: two ERPs that write them with one profile would overwrite each
    other's records wherever their ids are equal. A queue's rows have none either: of two links that read one ERP's
    queues each would get a part of the rows.
    """
    for other in settings.links.values():
        if other.link_id == link.link_id:
            continue
        subject = f"link {link.link_id} and link {other.link_id}"
        if where(other.platform) == where(link.platform) and other.platform_profile == link.platform_profile:
            yield Finding(
                "fail", subject,
                f"write the same tables of the platform ({link.platform}, profile {link.platform_profile})",
                "Give one of them a platform database of its own, or a profile that writes other tables.",
            )  # fmt: skip
        if where(other.erp) == where(link.erp):
            yield Finding(
                "fail", subject, f"read and fill the same queues ({link.erp}): each row would reach only one of them",
                "Give each link a database of its own for its queues.",
            )  # fmt: skip
