#!/usr/bin/env bash
# A sales report on the terminal, from kpi-server with curl and jq.
#
#   report.sh [PERIOD]      a period of the API, such as last-30-days or this-year (default: last-month)
#   KPI_SERVER=http://127.0.0.1:8080   where the server is
#   KPI_KEY=kpi_…                      an API key, where the server asks for one
set -euo pipefail

server=${KPI_SERVER:-http://127.0.0.1:8080}
period=${1:-last-month}

# key: the header with the API key, if there is one. curl reads it like a file: the list of processes does not show it.
key() {
    if [[ -n ${KPI_KEY:-} ]]; then
        printf 'Authorization: Bearer %s\n' "$KPI_KEY"
    fi
}

# ask PATH [PARAMETER=VALUE…]: the JSON of an answer; a problem is shown as the server says it.
ask() {
    local path=$1 answer
    shift
    local arguments=()
    for parameter in "$@"; do
        arguments+=(--data-urlencode "$parameter")
    done
    if ! answer=$(curl -s --get --max-time 30 --fail-with-body --header @<(key) "$server/v1/$path" "${arguments[@]}"); then
        if [[ -n $answer ]]; then
            jq -r '"report: \(.parameter // "request"): \(.detail // .title)"' <<<"$answer" >&2
        else
            echo "report: no kpi-server answers at $server; say where it is with KPI_SERVER" >&2
        fi
        exit 1
    fi
    printf '%s' "$answer"
}

# table: rows of tab-separated cells, in columns.
table() {
    column -t -s $'\t'
}

summary=$(ask kpis/sales-summary "period=$period")
jq -r '"Sales report, \(.parameters.period), data up to \(.last_day)\n"' <<<"$summary"
jq -r '.currency as $c | .data[0] |
    ["sales", "\(.sales) \($c)"], ["profit", "\(.profit // "-") \($c)"], ["orders", .orders], ["units", .units],
    ["average order value", "\(.average_order_value // "-") \($c)"] | @tsv' <<<"$summary" | table

printf '\nRegions\n'
ask kpis/sales-by-region "period=$period" limit=10 |
    jq -r '.data[] | [.region // "-", .sales, .orders] | @tsv' | table

printf '\nBest products\n'
ask kpis/sales-by-product "period=$period" limit=5 |
    jq -r '.data[] | [.product, .name // "-", .sales, .units] | @tsv' | table
