"""Airflow 2.9 or newer (with apache-airflow-providers-standard) or 3: the files of CSV into MongoDB, every day.

The workers' environment holds MONGODB_URI, KPI_DB, KPI_TIMEZONE and the other variables of kpi-load --help: credentials stand
neither in this file nor on a command line, and no rendered template shows them."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

CSV = "/var/lib/kpi-load"
REJECTS = "/var/tmp/kpi-load-rejects.csv"  # of several files each has its own: kpi-load-rejects-orders.csv

# Nothing is written: a set of files that cannot be loaded, or of which too much would be rejected, stops here. 3: some rows
# would be rejected, which is for the last step to say.
CHECK = 'kpi-load --dry-run --max-rejects 1% "$CSV" || test $? -eq 3'

# The last line goes to the last step. A try that broke off is taken up by the next: no row is lost or there twice.
LOAD = """
status=0
rm -f -- "${REJECTS%.csv}"*.csv
kpi-load --max-rejects 1% --rejects "$REJECTS" "$CSV" || status=$?
case $status in
0) echo all ;;
3) echo some ;;
*) exit $status ;;
esac
"""

# Skipped (99) when all rows were loaded; else it fails, so that somebody mends the rows, while the load itself stands.
REPORT = """
test "$LOADED" = some || exit 99
head -n 20 "${REJECTS%.csv}"*.csv
echo "these rows were rejected: mend them and load the file again" >&2
exit 1
"""

with DAG(
    dag_id="kpi_load",
    schedule="0 4 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,  # a load takes all that is there, whatever its day
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5), "execution_timeout": timedelta(hours=2)},
) as dag:
    paths = {"env": {"CSV": CSV, "REJECTS": REJECTS}, "append_env": True}
    check = BashOperator(task_id="check", bash_command=CHECK, **paths)
    load = BashOperator(task_id="load", bash_command=LOAD, **paths)
    report = BashOperator(
        task_id="report",
        bash_command=REPORT,
        env={"REJECTS": REJECTS, "LOADED": "{{ ti.xcom_pull(task_ids='load') }}"},
        append_env=True,
        retries=0,
    )
    check >> load >> report
