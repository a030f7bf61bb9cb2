"""The pages in Airflow's user interface: rendered here, behind Airflow's login and rights. Airflow is imported here."""
