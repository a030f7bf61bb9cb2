"""What a proof may find wrong, in both languages: the ledger's chain, its balance, the reports' seals."""

from __future__ import annotations

from typing import Any

_TEXTS = {
    "en": {
        "row_removed": "Row {row} was removed (row {found} follows row {last}).",
        "row_altered": "Row {row} was altered.",
        "row_moved": "Row {row} does not follow row {last}: rows were exchanged or reordered.",
        "row_rewritten": "Row {row} is not the one that the report was sealed with: the chain was rewritten.",
        "tail_cut": "The ledger ends at row {last}, but a report was sealed when it had {known}.",
        "imbalance": "{entity} to {reader}: {landed} rows landed, but {ended} ended and {open} are open.",
        "chain_rewritten": "The ledger does not say what it said when this report was sealed: the chain was rewritten.",
        "unreadable": "{name} cannot be read as a report: {error}",
        "contradiction": "the report contradicts itself: {fault}",
        "not_canonical": "the file is not in canonical form: it was written by something else",
        "hash": "the content does not match its sha256: it was altered",
        "no_seal": "there is no seal (hmac), though a key is set",
        "seal": "the seal (hmac) does not match: altered, or sealed with another key",
        "misplaced": "the file lies in another report's place: it is {place}",
        "page_missing": "{name} is missing",
        "page_differs": "{name} does not show what the JSON says",
    },
    "es": {
        "row_removed": "Falta el asiento {row}: se eliminó (el {found} sigue al {last}).",
        "row_altered": "El asiento {row} fue alterado.",
        "row_moved": "El asiento {row} no sigue al {last}: se cambiaron asientos de lugar.",
        "row_rewritten": "El asiento {row} no es aquel con el que se selló el informe: la cadena se reescribió.",
        "tail_cut": "El libro termina en el asiento {last}, pero un informe se selló cuando tenía {known}.",
        "imbalance": "{entity} hacia {reader}: entraron {landed} filas, terminaron {ended} y siguen abiertas {open}.",
        "chain_rewritten": "El libro no dice lo que decía cuando se selló este informe: la cadena se reescribió.",
        "unreadable": "{name} no se puede leer como informe: {error}",
        "contradiction": "el informe se contradice: {fault}",
        "not_canonical": "el archivo no está en forma canónica: lo escribió otro programa",
        "hash": "el contenido no corresponde a su sha256: fue alterado",
        "no_seal": "no tiene sello (hmac), aunque hay una clave",
        "seal": "el sello (hmac) no corresponde: fue alterado, o se selló con otra clave",
        "misplaced": "el archivo está en el lugar de otro informe: es {place}",
        "page_missing": "falta {name}",
        "page_differs": "{name} no muestra lo que dice el JSON",
    },
}


class Problem(str):
    """One finding: in itself the English sentence, for logs and the command line. `say` has it for people."""

    kind: str
    values: dict[str, Any]

    def __new__(cls, kind: str, **values: Any) -> Problem:
        problem = super().__new__(cls, _TEXTS["en"][kind].format(**values))
        problem.kind, problem.values = kind, values
        return problem

    def say(self, language: str) -> str:
        """The same in another language."""
        return _TEXTS[language][self.kind].format(**self.values)
