"""Quality: the Great Expectations suites, the gate that runs them, the sealed report of what they found."""

import logging

# Before Great Expectations is imported: after Airflow it would write a hundred INFO lines into the task log.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
