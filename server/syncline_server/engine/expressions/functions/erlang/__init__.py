"""The expressions inside `$.map` and `$.filter`: a part of Erlang, compiled to closures.

What there is, after the vendor's pages, which name the operators and functions that it lets through:

- `fun(X) -> Body end`, with more clauses (`fun(X) when X > 1 -> …; (_) -> … end`), guards, and patterns of variables,
  `_`, literals, `{…}`, `[…]` and `[H | T]`. The body is expressions with commas between them, `Pattern = Expression`
  among them, and gives the value of the last.
- Numbers, `true`, `false`, `null`, `undefined` and other atoms, `<<"text">>`, `"text"`, `{…}`, `[…]`, `[H | T]`,
  `#{Key => Value}`, variables, `begin … end`, `case … of … end`, `if … end`.
- The operators `+ - * / div rem band bor bxor bnot bsl bsr not and or xor andalso orelse ++ --` and all comparisons.
- Functions: see `library`. Inside the body also `$.math(…)`, `$.random(…)`, digests, `$.base64_encode(…)`, `$.to_…(…)`,
  whose arguments are expressions, and `$.date(format)` and `$.unixtime(format)`.
- From the vendor's newer page: a parameter in lower case (`fun(item)`), and `Item.name` for a member of an object.

What there is not, and is refused when the process is read: references, list comprehensions, other funs and calls of
funs, `try`, `receive`, records, sizes and types of binaries but `/utf8` and `/binary`, and any other function.

How JSON and Erlang match: an object is a list of pairs, so that `proplists`, `[{Key, Value} | Item]` and `Item ++
[…]` work on it, and a list of pairs becomes an object again (the first of equal keys counts). A string is a binary, and
so is `"text"`, which elsewhere is a list of characters: comparing with `""` means what authors mean. `undefined`
becomes null, other atoms become strings, a pair alone an array. A number with a fraction or exponent is a float, of
double precision once it is computed with. Whole numbers are exact, up to 4,300 digits.
"""
