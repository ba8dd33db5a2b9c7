-- No price is known for the model of an attempt: the cost leaves that attempt out. Null for all others, and for calls before this.
alter table calls add column unpriced boolean;
