-- Exact arithmetic for answers: no double takes part. Amounts have at most 4 decimals; test_oracle.py checks that of the files.

-- n / d to a whole number, half to even; d > 0.
CREATE MACRO divide_half_even(n, d) AS
    sign(n) * ((abs(n) // d) + CASE
        WHEN 2 * (abs(n) % d) > d THEN 1
        WHEN 2 * (abs(n) % d) = d THEN (abs(n) // d) % 2
        ELSE 0
    END);

CREATE MACRO ten_thousandths(amount) AS (amount::DECIMAL(34, 4) * 10000)::HUGEINT;

-- a / b to 6 decimals, or to 2; null over nothing.
CREATE MACRO ratio(a, b) AS (
    divide_half_even(ten_thousandths(a) * 1000000 * sign(b), nullif(abs(ten_thousandths(b)), 0))::DECIMAL(32, 0) * 0.000001
)::DECIMAL(38, 6);
CREATE MACRO mean_money(a, b) AS (
    divide_half_even(ten_thousandths(a) * 100 * sign(b), nullif(abs(ten_thousandths(b)), 0))::DECIMAL(32, 0) * 0.01
)::DECIMAL(38, 2);

-- To the metre, on a sphere of the Earth's mean radius, by the spherical law of cosines; angles in degrees. least() and
-- greatest() would pass over what is not known.
CREATE MACRO great_circle_km(lat_a, lon_a, lat_b, lon_b) AS CASE WHEN lat_a + lon_a + lat_b + lon_b IS NOT NULL THEN
    round(6371.0088 * acos(least(1, greatest(-1, sin(radians(lat_a)) * sin(radians(lat_b))
                                                 + cos(radians(lat_a)) * cos(radians(lat_b)) * cos(radians(lon_b - lon_a))))), 3)
END::DECIMAL(18, 3);

-- Sums over the rows of a group, or over no rows at all. What is unknown is left out of profit; it is null where none is known.
CREATE MACRO total(x) AS coalesce(sum(x), 0);
-- Of a line, what its profit was earned on: its sales, unless its profit is not known.
CREATE MACRO costed(sales, profit) AS CASE WHEN profit IS NOT NULL THEN sales END;
CREATE MACRO total_profit(x) AS CASE WHEN count(*) = 0 THEN 0 ELSE sum(x) END;

-- The score of the latest of an order's reviews; of several of one moment, of the one with the greatest id. One of an unknown
-- moment is before all others.
CREATE MACRO latest_score(score, moment, review) AS arg_max(score, (coalesce(moment, '-infinity'::TIMESTAMP), review));
