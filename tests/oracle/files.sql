-- How the oracle reads files, which it is given in UTF-8. Variables: folder, delimiter, decimal, days.

-- The rows of a file in their order. A value is what stands between the spaces; an empty one is none.
CREATE MACRO file(name) AS TABLE
    SELECT row_number() OVER () AS line, nullif(trim(COLUMNS(*)), '')
    FROM read_csv(getvariable('folder') || '/' || name || '.csv', header = true, all_varchar = true, quote = '"', escape = '"',
                  delim = getvariable('delimiter'), parallel = false);

-- Amounts have at most 4 decimals; test_oracle.py checks that of the files.
CREATE MACRO number(text) AS replace(text, getvariable('decimal'), '.')::DECIMAL(18, 4);
CREATE MACRO day(text) AS strptime(text, getvariable('days'))::DATE;

-- To 4 decimals, half to even: an amount divided by a positive number, and a share of an amount.
CREATE MACRO quotient(amount, divisor) AS
    (divide_half_even(ten_thousandths(amount) * 10000, ten_thousandths(divisor))::DECIMAL(32, 0) * 0.0001)::DECIMAL(18, 4);
CREATE MACRO share(amount, rate) AS
    (divide_half_even(ten_thousandths(amount) * ten_thousandths(rate), 10000)::DECIMAL(32, 0) * 0.0001)::DECIMAL(18, 4);
