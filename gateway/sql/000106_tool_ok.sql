-- Does an answer that calls tools call tools of the call, with arguments that fit?
alter table calls add column tool_ok boolean;
